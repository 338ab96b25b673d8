#include "loops.h"
#include "product_blocks.h"

// The same blocks and layouts in plain C, for tests on CPUs that do not multiply bf16.

CK_CLONES void ck_multiply_block_plain(const ck_product_block *block) {
    const long columns = ck_tile * block->column_tiles;
    for (long r = 0; r < ck_tile * block->row_tiles; r++) {
        float *c = block->c + r * block->c_stride, sums[ck_block] = {0};
        for (long j = 0; j < columns; j++) sums[j] = block->adds ? c[j] : 0;
        const ck_step_pairs pairs = ck_pairs_of(block);
        const uint16_t *left = block->a + r * block->a_stride, *right = block->b;
        for (long step = 0; step < pairs.count * block->steps; step++) {
            const int number = (int)(step % pairs.count);
            const uint16_t *a = left + step / pairs.count * pairs.a_step + pairs.a[number];
            const uint16_t *b = right + step / pairs.count * pairs.b_step + pairs.b[number];
            for (long pair = 0; pair < ck_tile; pair++, a += 2)
                for (long j = 0; j < columns; j++) {
                    const uint16_t *of_column = b + j / ck_tile * ck_tile_numbers + (pair * ck_tile + j % ck_tile) * 2;
                    sums[j] = __builtin_fmaf(ck_widened(a[0]), ck_widened(of_column[0]), sums[j]);
                    sums[j] = __builtin_fmaf(ck_widened(a[1]), ck_widened(of_column[1]), sums[j]);
                }
        }
        for (long j = 0; j < columns; j++) c[j] = sums[j];
    }
}

static uint16_t element(ck_bf16_matrix matrix, long row, long column) {
    return matrix.is_transposed ? matrix.base[column * matrix.stride + row] : matrix.base[row * matrix.stride + column];
}

void ck_pack_step_plain(uint16_t *step, ck_bf16_matrix b, long rows, long columns) {
    for (long row = 0; row < ck_block; row++)
        for (long column = 0; column < ck_block; column++) {
            const long place = (row / 2 * ck_tile + column % ck_tile) * 2 + row % 2;
            step[column / ck_tile * ck_tile_numbers + place] =
                row < rows && column < columns ? element(b, row, column) : 0;
        }
}

void ck_pack_rows_plain(uint16_t *target, long width, ck_bf16_matrix a, long rows, long k) {
    for (long row = 0; row < ck_block; row++)
        for (long place = 0; place < ck_blocks(k) * ck_block; place++)
            target[row * width + place] = row < rows && place < k ? element(a, row, place) : 0;
}

// ---- What follows products.

CK_INLINE void half_round(uint16_t *restrict y, const float *restrict x, const long count) {
    for (long i = 0; i < count; i++) y[i] = ck_rounded(x[i]);
}

#define CK_HALF_INLINE CK_INLINE
#define CK_HALF CK_CLONES
#define CK_HALF_NAME(name) name##_plain
#include "half_loops.h"
