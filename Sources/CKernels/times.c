#define _POSIX_C_SOURCE 199309L
#include "times.h"

#include <time.h>

_Thread_local ck_kernel_time *ck_thread_times = NULL;

uint64_t ck_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double ck_clock_rate(void) {
#if defined(__x86_64__)
    // A multiplication of integers takes three cycles, on Intel's and AMD's cores of the last fifteen years, and each waits
    // for the one before. What interrupts makes a measurement too slow, never too fast.
    enum { rounds = 5, products = 1 << 20 };
    uint64_t best = UINT64_MAX, number = 3;
    for (int round = 0; round < rounds; round++) {
        const uint64_t start = ck_nanoseconds();
        for (long i = 0; i < products; i++) __asm__ volatile("imulq %0, %0" : "+r"(number));
        const uint64_t time = ck_nanoseconds() - start;
        best = time < best ? time : best;
    }
    return best == 0 ? 0 : 3e9 * products / (double)best;
#else
    return 0;
#endif
}
