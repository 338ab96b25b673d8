// Files mapped into memory that may be cut while they are read. The system then sends SIGBUS, which would end the process with
// a trace; here the page becomes one of zeros, and who reads asks afterwards whether that happened.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels.h"

struct ck_mapping {
    // 0 once it is free to be used again.
    _Atomic uintptr_t start;
    uintptr_t end;
    atomic_bool is_cut;
    ck_mapping *next;
};

// Only ever grows, so that the handler may walk along it at any moment.
static _Atomic(ck_mapping *) mappings;
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static long page;

static void fill_with_zeros(int signal, siginfo_t *information, void *context) {
    (void)context;
    const uintptr_t address = (uintptr_t)information->si_addr;
    for (ck_mapping *mapping = atomic_load(&mappings); mapping; mapping = mapping->next) {
        const uintptr_t start = atomic_load(&mapping->start);
        if (start == 0 || address < start || address >= mapping->end) continue;
        void *place = (void *)(address & ~(uintptr_t)(page - 1));
        if (mmap(place, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
        atomic_store(&mapping->is_cut, true);
        return;
    }
    // Not ours: as if this were not here. The instruction runs again, and fails again.
    sigaction(signal, &before, NULL);
}

static void install(void) {
    page = sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = fill_with_zeros, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

// One that is free, or a new one in front of all.
static ck_mapping *entry(void) {
    ck_mapping *mapping = atomic_load(&mappings);
    while (mapping && atomic_load(&mapping->start) != 0) mapping = mapping->next;
    if (mapping) return mapping;
    mapping = calloc(1, sizeof *mapping);
    if (!mapping) return NULL;
    mapping->next = atomic_load(&mappings);
    if (!mapping->next) install();
    atomic_store(&mappings, mapping);
    return mapping;
}

ck_mapping *ck_guard_mapping(const void *start, long bytes) {
    pthread_mutex_lock(&changing);
    ck_mapping *mapping = entry();
    if (mapping) {
        atomic_store(&mapping->is_cut, false);
        mapping->end = (uintptr_t)start + (uintptr_t)bytes;
        atomic_store(&mapping->start, (uintptr_t)start);
    }
    pthread_mutex_unlock(&changing);
    return mapping;
}

bool ck_mapping_is_cut(const ck_mapping *mapping) {
    return mapping && atomic_load_explicit(&mapping->is_cut, memory_order_relaxed);
}

void ck_unguard_mapping(ck_mapping *mapping) {
    if (mapping) atomic_store(&mapping->start, 0);
}
