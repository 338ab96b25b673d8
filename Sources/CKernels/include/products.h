// Products of bf16 matrices with sums in float, by the CPU's tiles (AMX), its AVX-512 bf16 instructions, or plain C.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Who multiplies, from the slowest to the fastest. Sums run over k in the order that the instructions have: other units
// give other bits.
typedef enum { CK_PLAIN_C, CK_AVX512_BF16, CK_TILES } ck_product_unit;

// Whether the CPU has the instructions. `ck_allow_tiles` asks the kernel, which has to allow tiles once a process; false
// where it does not.
bool ck_has_avx512_bf16(void);
bool ck_has_tiles(void);
bool ck_allow_tiles(void);

// A matrix in bf16: row r starts at base + r * stride; read as its transpose where it says so.
typedef struct {
    const uint16_t *base;
    long stride;
    bool is_transposed;
} ck_bf16_matrix;

// The right operand of products, k x n, as the instructions read it: panels of 32 columns, both sizes rounded up to
// 32 with zeros (the layout is in product_blocks.h). So many numbers:
long ck_packed_count(long k, long n);
void ck_pack_right(ck_product_unit unit, uint16_t *packed, ck_bf16_matrix b, long k, long n);

// A matrix of floats, likewise.
typedef struct {
    const float *base;
    long stride;
    bool is_transposed;
} ck_float_matrix;

// The right operand of products of floats (ck_split_product).
long ck_split_packed_count(long k, long n);
void ck_pack_right_split(ck_product_unit unit, uint16_t *packed, ck_float_matrix b, long k, long n);

// Where a product goes: m x n sums, rows `stride` apart, with the bias of their column (or NULL), added to what is there
// where `adds`. The copy in bf16 and the sums of each column, which are added to, may be NULL; with a copy, so may `base`.
typedef struct {
    float *base;
    long stride;
    bool adds;
    const float *bias;
    uint16_t *rounded;
    float *add_column_sums;
} ck_product_target;

// c = a b, or c += a b: a is m x k, b is k x n. `packed` is b as ck_pack_right leaves it, or NULL. What is not just sums is
// made a block at a time, while that is near the core, and not added to what is there.
void ck_bf16_product(
    ck_product_unit unit, ck_product_target c, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k);

// The same of floats, each split into two numbers of bf16, a = a1 + a2: a1 b1 + a2 b1 + a1 b2 as one product three times as deep.
// What is left out, and of the splits, is 2^-17 of a term.
void ck_split_product(
    ck_product_unit unit, ck_product_target c, ck_float_matrix a, ck_float_matrix b, const uint16_t *packed, long m,
    long n, long k);

// gelu(z) with z = a b + bias: z and gelu(z) in bf16, m x n without gaps.
typedef struct {
    const float *bias;
    uint16_t *z, *y;
} ck_gelu_target;
void ck_bf16_product_gelu(
    ck_product_unit unit, ck_gelu_target target, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k);

// dz = (a b) gelu'(z) in bf16, rows `stride` apart, whose column sums are added to the bias's gradient.
typedef struct {
    const uint16_t *z;
    uint16_t *dz;
    long stride;
    float *add_bias_gradient;
} ck_gelu_gradient_target;
void ck_bf16_product_gelu_gradient(
    ck_product_unit unit, ck_gelu_gradient_target target, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed,
    long m, long n, long k);

// ---- What attention's products in bf16 have between them.

// p = softmax(scale scores), row by row, and dropout(p), in halves; negative where dropped (`keep` as in kernels.h). `scores`
// turn into something else.
void ck_softmax_forward_halves(
    ck_product_unit unit, float *restrict scores, uint16_t *restrict probabilities, uint16_t *restrict dropped,
    const uint8_t *keep, float keep_scale, float scale, long rows, long columns)
    __attribute__((swift_name("ck_softmax_forward_halves(_:_:probabilities:dropped:keep:keepScale:scale:rows:columns:)")));
// `gradient` comes as that of dropout(p), which is computed again, and goes; the scores' comes out rounded.
void ck_softmax_backward_halves(
    ck_product_unit unit, float *restrict gradient, uint16_t *restrict rounded_gradient, uint16_t *restrict dropped,
    const uint16_t *restrict probabilities, float keep_scale, float scale, long rows, long columns)
    __attribute__((swift_name("ck_softmax_backward_halves(_:_:rounded:recomputing:probabilities:keepScale:scale:rows:columns:)")));
