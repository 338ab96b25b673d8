// How long each kind of kernel takes in a thread: for `electra-dist benchmark`, and off everywhere else, where it costs
// one comparison a call. A table for each thread, so that no lane waits for another.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t calls, nanoseconds;
    // Multiplications and additions; bytes read and written, as if nothing were in the cache.
    double operations, bytes;
} ck_kernel_time;

// The table of the calling thread; NULL: nothing is measured.
extern _Thread_local ck_kernel_time *ck_thread_times;

static inline void ck_set_thread_times(ck_kernel_time *table) { ck_thread_times = table; }

// Of a clock that only goes forward.
uint64_t ck_nanoseconds(void);

// Cycles a second of the core that the calling thread runs on, measured in some milliseconds; 0 where that is not known how.
double ck_clock_rate(void);

static inline uint64_t ck_start_time(void) { return ck_thread_times == NULL ? 0 : ck_nanoseconds(); }

static inline void ck_stop_time(long kernel, uint64_t start, double operations, double bytes) {
    if (ck_thread_times == NULL) return;
    ck_kernel_time *time = ck_thread_times + kernel;
    time->calls += 1;
    time->nanoseconds += ck_nanoseconds() - start;
    time->operations += operations;
    time->bytes += bytes;
}
