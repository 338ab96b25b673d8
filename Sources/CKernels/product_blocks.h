// What the parts of a product share: the layout of its operands, and the block that each unit multiplies.
//
// A product c = a b is computed in blocks of 32 x 32, each over all of k. Of a block,
//   * a lies row by row, k numbers one after the other, as many as the next multiple of 32;
//   * b lies as a panel of 32 columns. Every 32 rows of it, a step, are two tiles side by side of 16 columns each, and a
//     tile has 16 rows of 16 pairs: a pair is two numbers of one column, one below the other.
//
//         panel [steps] [2 tiles] [16 pairs of rows] [16 columns] [2]
#pragma once
#include "products.h"

enum {
    ck_block = 32,
    ck_tile = 16,
    ck_tile_numbers = 2 * ck_tile * ck_tile,
    ck_step_numbers = 2 * ck_tile_numbers,
};

static inline long ck_blocks(long count) { return (count + ck_block - 1) / ck_block; }
static inline long ck_smaller(long a, long b) { return a < b ? a : b; }

// From `row` and `column` on.
static inline ck_bf16_matrix ck_part(ck_bf16_matrix matrix, long row, long column) {
    matrix.base += matrix.is_transposed ? column * matrix.stride + row : row * matrix.stride + column;
    return matrix;
}

// What becomes of a block of sums, rows 32 apart, that begins at `row` and `column` of a product with n columns: `run`
// hands them on to where the product goes, its target.
typedef struct {
    const float *sums;
    long row, column, rows, columns, n;
} ck_finished_block;
typedef struct {
    void (*run)(const void *target, const ck_finished_block *block);
    const void *target;
} ck_finish;

// c = a b, or c += a b, with 1 or 2 tiles of 16 rows and of 16 columns.
typedef struct {
    const uint16_t *a, *b;
    float *c;
    long a_stride, c_stride, steps;
    int row_tiles, column_tiles;
    bool adds;
    // Of floats as pairs of halves, a step of upper ones before each of lower ones: (a1 + a2) (b1 + b2) without a2 b2.
    bool splits;
} ck_product_block;

// The steps of a and b that are multiplied for each step of terms, by their places: of floats three, else one.
typedef struct {
    int count;
    long a[3], b[3], a_step, b_step;
} ck_step_pairs;
static inline ck_step_pairs ck_pairs_of(const ck_product_block *block) {
    if (!block->splits) return (ck_step_pairs){1, {0}, {0}, ck_block, ck_step_numbers};
    return (ck_step_pairs){3, {0, ck_block, 0}, {0, 0, ck_step_numbers}, 2 * ck_block, 2 * ck_step_numbers};
}

void ck_multiply_block_plain(const ck_product_block *block);
void ck_multiply_block_avx512(const ck_product_block *block);
void ck_multiply_block_tiles(const ck_product_block *block);

// Around the blocks of a product: the shape of the thread's tiles, and that they hold nothing any more.
void ck_configure_tiles(void);
void ck_release_tiles(void);

// A step of a panel: `rows` rows and `columns` columns of b (both at most 32), and zeros.
void ck_pack_step_plain(uint16_t *step, ck_bf16_matrix b, long rows, long columns);
void ck_pack_step_avx512(uint16_t *step, ck_bf16_matrix b, long rows, long columns);

// The rows of a block of a: `rows` of them (at most 32), k numbers each and zeros up to a step, `width` apart.
void ck_pack_rows_plain(uint16_t *target, long width, ck_bf16_matrix a, long rows, long k);
void ck_pack_rows_avx512(uint16_t *target, long width, ck_bf16_matrix a, long rows, long k);

// Each number as the sum of two of bf16, in rows of 32: at most 32 x 32 of them.
void ck_split_plain(uint16_t *upper, uint16_t *lower, const float *x, long stride, long rows, long columns);
void ck_split_avx512(uint16_t *upper, uint16_t *lower, const float *x, long stride, long rows, long columns);

// The same by a unit; of floats from `row`, `column` and term `first` on, in twice the room.
void ck_pack_rows(ck_product_unit unit, uint16_t *target, long width, ck_bf16_matrix a, long rows, long k);
void ck_pack_rows_split(
    ck_product_unit unit, uint16_t *target, long width, ck_float_matrix a, long row, long first, long rows, long k);
void ck_pack_panels_split(
    ck_product_unit unit, uint16_t *packed, ck_float_matrix b, long first, long column, long k, long n);

void ck_finish_target_plain(const void *target, const ck_finished_block *block);
void ck_finish_target_avx512(const void *target, const ck_finished_block *block);
void ck_finish_gelu_plain(const void *target, const ck_finished_block *block);
void ck_finish_gelu_avx512(const void *target, const ck_finished_block *block);
void ck_finish_gelu_gradient_plain(const void *target, const ck_finished_block *block);
void ck_finish_gelu_gradient_avx512(const void *target, const ck_finished_block *block);

typedef void ck_softmax_forward_halves_function(
    float *restrict scores, uint16_t *restrict probabilities, uint16_t *restrict dropped, const uint8_t *keep,
    float keep_scale, float scale, long rows, long columns);
ck_softmax_forward_halves_function ck_softmax_forward_halves_plain, ck_softmax_forward_halves_avx512;
typedef void ck_softmax_backward_halves_function(
    float *restrict gradient, uint16_t *restrict rounded_gradient, uint16_t *restrict dropped,
    const uint16_t *restrict probabilities, float keep_scale, float scale, long rows, long columns);
ck_softmax_backward_halves_function ck_softmax_backward_halves_plain, ck_softmax_backward_halves_avx512;
