#define _POSIX_C_SOURCE 199309L
#include "times.h"

#include <time.h>

_Thread_local ck_kernel_time *ck_thread_times = NULL;

uint64_t ck_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
