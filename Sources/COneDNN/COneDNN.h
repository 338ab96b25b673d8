#pragma once
#include <dnnl.h>
#include <stdbool.h>
#include <stdint.h>

// For the calling thread: Debian's oneDNN shares its work out by OpenMP.
void omp_set_num_threads(int count);

// Where OpenMP binds threads, by OMP_PROC_BIND and the like: its places, each of a few cores; none where it does not bind.
int omp_get_num_places(void);
int omp_get_place_num_procs(int place);
void omp_get_place_proc_ids(int place, int *cores);

// c = op(a) op(b) + beta c by the calling thread alone, all row-major.
static inline dnnl_status_t ed_float_product(
    bool transposes_a, bool transposes_b, long m, long n, long k, const float *a, long lda, const float *b, long ldb,
    float beta, float *c, long ldc
) {
    omp_set_num_threads(1);
    return dnnl_sgemm(
        transposes_a ? 'T' : 'N', transposes_b ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

// No newer instructions than these, by all products to come. False after the first product, or question to oneDNN: it
// settles that once.
static inline bool ed_hold_to_isa(dnnl_cpu_isa_t isa) { return dnnl_set_max_cpu_isa(isa) == dnnl_success; }

// Whether products use AVX-512 here: the CPU has it, and ONEDNN_MAX_CPU_ISA does not forbid it.
static inline bool ed_uses_avx512(void) {
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}
