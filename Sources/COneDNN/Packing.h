#pragma once
#include "COneDNN.h"

// Packing, once, of a matrix that is multiplied many times: oneDNN has it for its recurrent layers and exports it, in
// C++ and outside of its headers; weak, so that a release without it is no obstacle. Column-major, as all of its gemm:
// row-major b is "A" there, and the product's rows are its columns.
typedef dnnl_status_t ed_pack_size_function(
    const char *which, const char *transpose_a, const char *transpose_b, const long *m, const long *n, const long *k,
    const long *lda, const long *ldb, unsigned long *bytes, bool *is_worth_it);
#define ED_CPP(name) __asm__("_ZN4dnnl4impl3cpu" name) __attribute__((weak))
ed_pack_size_function ed_dnnl_sgemm_pack_size ED_CPP("19sgemm_pack_get_sizeEPKcS3_S3_PKlS5_S5_S5_S5_PmPb");
dnnl_status_t ed_dnnl_sgemm_pack(
    const char *which, const char *transpose_a, const char *transpose_b, const long *m, const long *n, const long *k,
    const long *lda, const long *ldb, const float *source, float *target
) ED_CPP("10sgemm_packEPKcS3_S3_PKlS5_S5_S5_S5_PKfPf");
dnnl_status_t ed_dnnl_sgemm_compute(
    const char *transpose_a, const char *transpose_b, const long *m, const long *n, const long *k, const float *a,
    const long *lda, const float *b, const long *ldb, const float *beta, float *c, const long *ldc
) ED_CPP("13sgemm_computeEPKcS3_PKlS5_S5_PKfS5_S7_S5_S7_PfS5_");
#undef ED_CPP

// A right operand b, k x n numbers, read as its transpose where it says so, with its leading dimension.
typedef struct {
    bool is_transposed;
    long n, k, stride;
} ed_right_operand;

// Of the left operands that a packed one is laid out for; it serves any number of rows.
enum { ed_usual_rows = 512 };

// Bytes that b takes when packed; 0 where packing does not help, or cannot be had.
static inline long ed_packed_bytes(ed_right_operand b) {
    if (!ed_dnnl_sgemm_pack_size || !ed_dnnl_sgemm_pack || !ed_dnnl_sgemm_compute) return 0;
    omp_set_num_threads(1);
    const long rows = ed_usual_rows;
    unsigned long bytes = 0;
    bool is_worth_it = false;
    dnnl_status_t status = ed_dnnl_sgemm_pack_size(
        "A", b.is_transposed ? "T" : "N", "N", &b.n, &rows, &b.k, &b.stride, &b.k, &bytes, &is_worth_it);
    return status == dnnl_success && is_worth_it ? (long)bytes : 0;
}

static inline dnnl_status_t ed_pack(ed_right_operand b, const float *source, void *target) {
    omp_set_num_threads(1);
    const long rows = ed_usual_rows;
    return ed_dnnl_sgemm_pack(
        "A", b.is_transposed ? "T" : "N", "N", &b.n, &rows, &b.k, &b.stride, &b.k, source, target);
}

// c = op(a) b + beta c, where b, k x n, comes packed.
static inline dnnl_status_t ed_float_product_with_packed(
    bool transposes_a, long m, long n, long k, const float *a, long lda, const void *b, float beta, float *c, long ldc
) {
    omp_set_num_threads(1);
    return ed_dnnl_sgemm_compute("P", transposes_a ? "T" : "N", &n, &m, &k, b, &n, a, &lda, &beta, c, &ldc);
}
