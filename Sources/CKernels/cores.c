#define _GNU_SOURCE
#include "cores.h"

#include <pthread.h>
#include <sched.h>

bool ck_take_cores(const int32_t *cores, long count) {
    int32_t largest = 0;
    for (long i = 0; i < count; i++) largest = cores[i] > largest ? cores[i] : largest;
    cpu_set_t *set = CPU_ALLOC(largest + 1);
    if (!set) return false;
    const size_t bytes = CPU_ALLOC_SIZE(largest + 1);
    CPU_ZERO_S(bytes, set);
    for (long i = 0; i < count; i++) CPU_SET_S(cores[i], bytes, set);
    const bool is_done = sched_setaffinity(0, bytes, set) == 0;
    CPU_FREE(set);
    return is_done;
}

bool ck_set_thread_stack(long bytes) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    const bool is_done = pthread_attr_setstacksize(&attributes, (size_t)bytes) == 0
        && pthread_setattr_default_np(&attributes) == 0;
    pthread_attr_destroy(&attributes);
    return is_done;
}
