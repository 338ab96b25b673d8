// Counts the calls for memory of the program that it is loaded into (LD_PRELOAD), and says at the end how many there
// were, and how much memory was resident at most. Into the file that ALLOCATIONS_FILE names:
//
//     allocations 12345
//     resident 67890          (KiB)
//
// Where ALLOCATIONS_SHOWN is N, every allocation from number N on prints where it came from: to find the one that is
// too many.
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long calls;
static long shown;
static _Thread_local int inside;

static void count(void) {
    if (inside) return;
    const long number = atomic_fetch_add(&calls, 1) + 1;
    if (shown == 0 || number < shown) return;
    inside = 1;
    void *frames[24];
    backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
    if (write(STDERR_FILENO, "--\n", 3) < 0) errno = 0;
    inside = 0;
}

void *malloc(size_t size) { count(); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { count(); return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { count(); return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { count(); return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { count(); return __libc_memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    count();
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
    count();
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int file, off64_t offset) {
    count();
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

__attribute__((constructor)) static void begin(void) {
    const char *number = getenv("ALLOCATIONS_SHOWN");
    if (number) shown = atol(number);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("ALLOCATIONS_FILE");
    if (!path) return;
    const long total = atomic_load(&calls);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    inside = 1;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "allocations %ld\nresident %ld\n", total, usage.ru_maxrss);
    fclose(file);
}
