// Counts the calls for memory of the program that it is loaded into (LD_PRELOAD), but for those of oneDNN, which asks for
// some KB in each product and gives them back; and writes at the end how many there were, how many of these came from
// the program and Swift themselves (and not from MPI, BLAS or the C library), and how much memory was resident at most, in
// KiB; to the file that ALLOCATIONS_FILE names, and the process id after it:
//
//     all 12345
//     own 11111
//     resident 67890
//
// For the program the clock stands still, so that it shows no line of progress, however slow the machine is: what such a
// line asks for would count.
//
// Where ALLOCATIONS_SHOWN is N, every call from number N on prints where it came from: to find the one that is too many.
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long all, own;
static long shown;
static _Thread_local int inside;

// The path of the library that has this instruction; the program's own name is empty. (dladdr would look for the function,
// too, which takes a thousand times as long.)
static const char *library(const void *instruction) {
    struct dl_find_object object;
    return _dl_find_object((void *)instruction, &object) == 0 ? object.dlfo_link_map->l_name : "unknown";
}

// The library that called operator new, which libstdc++ turns into malloc.
__attribute__((noinline)) static const char *caller_of_new(void) {
    void *frames[8];
    const int depth = backtrace(frames, 8);
    // Behind this function, `count` and malloc.
    for (int i = 3; i < depth; i++)
        if (!strstr(library(frames[i]), "libstdc++")) return library(frames[i]);
    return "unknown";
}

__attribute__((noinline)) static void count(const void *caller) {
    if (inside) return;
    inside = 1;
    const char *name = library(caller);
    if (strstr(name, "libstdc++")) name = caller_of_new();
    if (strstr(name, "libdnnl")) {
        inside = 0;
        return;
    }
    if (!*name || strstr(name, "/libswift")) atomic_fetch_add(&own, 1);
    const long number = atomic_fetch_add(&all, 1) + 1;
    if (shown > 0 && number >= shown) {
        void *frames[24];
        backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
        if (write(STDERR_FILENO, "--\n", 3) < 0) errno = 0;
    }
    inside = 0;
}

#define COUNT count(__builtin_return_address(0))

void *malloc(size_t size) { COUNT; return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { COUNT; return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { COUNT; return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { COUNT; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { COUNT; return __libc_memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    COUNT;
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
    COUNT;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int file, off64_t offset) {
    COUNT;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

// MPI and all other libraries have the time as it is: they wait by it.
int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!*library(__builtin_return_address(0))) {
        *time = (struct timespec){0};
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, time);
}

__attribute__((constructor)) static void begin(void) {
    const char *number = getenv("ALLOCATIONS_SHOWN");
    if (number) shown = atol(number);
}

__attribute__((destructor)) static void end(void) {
    const char *name = getenv("ALLOCATIONS_FILE");
    if (!name) return;
    inside = 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    char path[4096];
    snprintf(path, sizeof path, "%s.%d", name, (int)getpid());
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "all %ld\nown %ld\nresident %ld\n", (long)atomic_load(&all), (long)atomic_load(&own), usage.ru_maxrss);
    fclose(file);
}
