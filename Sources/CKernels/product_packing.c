#include "product_blocks.h"

// Operands of products as their blocks read them (the layouts are in product_blocks.h).

static void pack_step(ck_product_unit unit, uint16_t *step, ck_bf16_matrix b, long rows, long columns) {
    (unit == CK_PLAIN_C ? ck_pack_step_plain : ck_pack_step_avx512)(step, b, rows, columns);
}

void ck_pack_rows(ck_product_unit unit, uint16_t *target, long width, ck_bf16_matrix a, long rows, long k) {
    (unit == CK_PLAIN_C ? ck_pack_rows_plain : ck_pack_rows_avx512)(target, width, a, rows, k);
}

long ck_packed_count(long k, long n) { return ck_blocks(k) * ck_blocks(n) * ck_step_numbers; }

void ck_pack_right(ck_product_unit unit, uint16_t *packed, ck_bf16_matrix b, long k, long n) {
    for (long column = 0; column < n; column += ck_block)
        for (long row = 0; row < k; row += ck_block, packed += ck_step_numbers)
            pack_step(unit, packed, ck_part(b, row, column), ck_smaller(k - row, ck_block), ck_smaller(n - column, ck_block));
}

// ---- Floats, each as two halves: 32 upper ones of a row, then 32 lower ones, and so on; of a panel a step each.

typedef struct {
    uint16_t upper[ck_block * ck_block], lower[ck_block * ck_block];
    bool is_transposed;
} halves;

static ck_bf16_matrix matrix_of(const uint16_t *numbers, const halves *block) {
    return (ck_bf16_matrix){numbers, ck_block, block->is_transposed};
}

static void split(ck_product_unit unit, halves *block, ck_float_matrix matrix, long row, long column, long rows, long columns) {
    block->is_transposed = matrix.is_transposed;
    const float *base = matrix.base + (matrix.is_transposed ? column * matrix.stride + row : row * matrix.stride + column);
    (unit == CK_PLAIN_C ? ck_split_plain : ck_split_avx512)(
        block->upper, block->lower, base, matrix.stride, matrix.is_transposed ? columns : rows,
        matrix.is_transposed ? rows : columns);
}

long ck_split_packed_count(long k, long n) { return 2 * ck_packed_count(k, n); }

void ck_pack_panels_split(
    ck_product_unit unit, uint16_t *packed, ck_float_matrix b, long first, long column, long k, long n
) {
    halves block;
    for (long done = 0; done < n; done += ck_block)
        for (long row = 0; row < k; row += ck_block, packed += 2 * ck_step_numbers) {
            const long rows = ck_smaller(k - row, ck_block), columns = ck_smaller(n - done, ck_block);
            split(unit, &block, b, first + row, column + done, rows, columns);
            pack_step(unit, packed, matrix_of(block.upper, &block), rows, columns);
            pack_step(unit, packed + ck_step_numbers, matrix_of(block.lower, &block), rows, columns);
        }
}

void ck_pack_right_split(ck_product_unit unit, uint16_t *packed, ck_float_matrix b, long k, long n) {
    ck_pack_panels_split(unit, packed, b, 0, 0, k, n);
}

void ck_pack_rows_split(
    ck_product_unit unit, uint16_t *target, long width, ck_float_matrix a, long row, long first, long rows, long k
) {
    halves block;
    for (long done = 0; done < k; done += ck_block, target += 2 * ck_block) {
        const long terms = ck_smaller(k - done, ck_block);
        split(unit, &block, a, row, first + done, rows, terms);
        ck_pack_rows(unit, target, width, matrix_of(block.upper, &block), rows, terms);
        ck_pack_rows(unit, target + ck_block, width, matrix_of(block.lower, &block), rows, terms);
    }
}
