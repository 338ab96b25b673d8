#pragma once
#include <dnnl.h>
#include <stdbool.h>
#include <stdint.h>

// c = op(a) op(b) + beta c, all row-major, as dnnl_sgemm with a and b in bf16: c is float, and so are all sums. oneDNN
// exports it beside dnnl_sgemm but leaves it out of its headers; weak, so that a release without it is no obstacle.
// Returns dnnl_unimplemented on a CPU without AVX-512.
dnnl_status_t dnnl_gemm_bf16bf16f32(
    char transpose_a, char transpose_b, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k, float alpha, const uint16_t *a,
    dnnl_dim_t lda, const uint16_t *b, dnnl_dim_t ldb, float beta, float *c, dnnl_dim_t ldc) __attribute__((weak));

// For the calling thread: Debian's oneDNN shares its work out by OpenMP.
void omp_set_num_threads(int count);

// Where OpenMP binds threads, by OMP_PROC_BIND and the like: its places, each of a few cores; none where it does not bind.
int omp_get_num_places(void);
int omp_get_place_num_procs(int place);
void omp_get_place_proc_ids(int place, int *cores);

// c = op(a) op(b) + beta c by the calling thread alone, in Float and in bf16.
static inline dnnl_status_t ed_float_product(
    bool transposes_a, bool transposes_b, long m, long n, long k, const float *a, long lda, const float *b, long ldb,
    float beta, float *c, long ldc
) {
    omp_set_num_threads(1);
    return dnnl_sgemm(
        transposes_a ? 'T' : 'N', transposes_b ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

static inline dnnl_status_t ed_bf16_product(
    bool transposes_a, bool transposes_b, long m, long n, long k, const uint16_t *a, long lda, const uint16_t *b,
    long ldb, float beta, float *c, long ldc
) {
    if (!dnnl_gemm_bf16bf16f32) return dnnl_unimplemented;
    omp_set_num_threads(1);
    return dnnl_gemm_bf16bf16f32(
        transposes_a ? 'T' : 'N', transposes_b ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

// No newer instructions than these, by all products to come. False after the first product, or question to oneDNN: it
// settles that once.
static inline bool ed_hold_to_isa(dnnl_cpu_isa_t isa) { return dnnl_set_max_cpu_isa(isa) == dnnl_success; }

// Whether products use AVX-512 here: the CPU has it, and ONEDNN_MAX_CPU_ISA does not forbid it.
static inline bool ed_uses_avx512(void) {
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

// Whether ed_bf16_product works here, if need be without instructions for it.
static inline bool ed_has_bf16_product(void) {
    const uint16_t one = 0x3F80;
    float c = 0;
    return ed_bf16_product(false, false, 1, 1, 1, &one, 1, &one, 1, 0, &c, 1) == dnnl_success && c == 1;
}
