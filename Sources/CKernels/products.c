#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "product_blocks.h"

// Of a right operand that was not packed before, so many rows and columns are at once: 1 MB, half of the near cache of the
// CPUs that this is for. Of the left operand a block's rows.
enum { rows_at_once = 512, columns_at_once = 1024 };

typedef struct {
    uint16_t left[ck_block * rows_at_once], right[rows_at_once * columns_at_once];
    float sums[ck_block * ck_block];
} scratch;

// A thread's own, from its first product to its end.
static pthread_key_t scratch_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void make_key(void) { pthread_key_create(&scratch_key, free); }

static scratch *thread_scratch(void) {
    pthread_once(&once, make_key);
    scratch *own = pthread_getspecific(scratch_key);
    if (own != NULL) return own;
    own = aligned_alloc(64, sizeof *own);
    if (own == NULL) abort();
    pthread_setspecific(scratch_key, own);
    return own;
}

static void multiply_block(ck_product_unit unit, const ck_product_block *block) {
    switch (unit) {
    case CK_TILES: ck_multiply_block_tiles(block); break;
    case CK_AVX512_BF16: ck_multiply_block_avx512(block); break;
    case CK_PLAIN_C: ck_multiply_block_plain(block); break;
    }
}

static ck_bf16_matrix part(ck_bf16_matrix matrix, long row, long column) {
    matrix.base += matrix.is_transposed ? column * matrix.stride + row : row * matrix.stride + column;
    return matrix;
}

static long smaller(long a, long b) { return a < b ? a : b; }

long ck_packed_count(long k, long n) { return ck_blocks(k) * ck_blocks(n) * ck_step_numbers; }

void ck_pack_right(ck_product_unit unit, uint16_t *packed, ck_bf16_matrix b, long k, long n) {
    for (long column = 0; column < n; column += ck_block)
        for (long row = 0; row < k; row += ck_block, packed += ck_step_numbers)
            (unit == CK_PLAIN_C ? ck_pack_step_plain : ck_pack_step_avx512)(
                packed, part(b, row, column), smaller(k - row, ck_block), smaller(n - column, ck_block));
}

// A block that the target has room for goes there; the rest of another one by way of `sums`.
static void multiply_into(
    ck_product_unit unit, ck_product_target c, ck_product_block block, long rows, long columns, float *sums
) {
    block.adds = c.adds;
    if (rows == ck_tile * block.row_tiles && columns == ck_tile * block.column_tiles) {
        block.c = c.base;
        block.c_stride = c.stride;
        multiply_block(unit, &block);
        return;
    }
    block.c = sums;
    block.c_stride = ck_block;
    if (c.adds)
        for (long r = 0; r < rows; r++) memcpy(sums + r * ck_block, c.base + r * c.stride, columns * sizeof(float));
    multiply_block(unit, &block);
    for (long r = 0; r < rows; r++) memcpy(c.base + r * c.stride, sums + r * ck_block, columns * sizeof(float));
}

// For right operands of `rows` of the k of a, which come as panels `panel` numbers apart.
static void multiply_panels(
    ck_product_unit unit, ck_product_target c, ck_bf16_matrix a, const uint16_t *panels, long panel, long m, long n,
    long k, bool copies_left, scratch *own
) {
    for (long row = 0; row < m; row += ck_block) {
        const long rows = smaller(m - row, ck_block);
        ck_bf16_matrix left = part(a, row, 0);
        if (copies_left) {
            (unit == CK_PLAIN_C ? ck_pack_rows_plain : ck_pack_rows_avx512)(own->left, left, rows, k);
            left = (ck_bf16_matrix){.base = own->left, .stride = ck_blocks(k) * ck_block};
        }
        ck_product_block block = {
            .a = left.base, .a_stride = left.stride, .steps = ck_blocks(k), .row_tiles = rows > ck_tile ? 2 : 1};
        for (long column = 0; column < n; column += ck_block) {
            const long columns = smaller(n - column, ck_block);
            block.b = panels + column / ck_block * panel;
            block.column_tiles = columns > ck_tile ? 2 : 1;
            const ck_product_target target = {c.base + row * c.stride + column, c.stride, c.adds};
            multiply_into(unit, target, block, rows, columns, own->sums);
        }
    }
}

void ck_bf16_product(
    ck_product_unit unit, ck_product_target c, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k
) {
    scratch *own = thread_scratch();
    // Instructions read whole tiles of rows that lie one after the other.
    const bool copies_left = a.is_transposed || k % ck_block != 0 || m % ck_tile != 0;
    const long all_columns = packed == NULL ? columns_at_once : n;
    const long all_rows = packed == NULL || copies_left ? rows_at_once : k;
    if (unit == CK_TILES) ck_configure_tiles();
    for (long column = 0; column < n; column += all_columns)
        for (long row = 0; row < k; row += all_rows) {
            const long columns = smaller(n - column, all_columns), rows = smaller(k - row, all_rows);
            const uint16_t *panels = own->right;
            long panel = ck_blocks(rows) * ck_step_numbers;
            if (packed == NULL) {
                ck_pack_right(unit, own->right, part(b, row, column), rows, columns);
            } else {
                panels = packed + row / ck_block * ck_step_numbers;
                panel = ck_blocks(k) * ck_step_numbers;
            }
            const ck_product_target target = {c.base + column, c.stride, c.adds || row > 0};
            multiply_panels(unit, target, part(a, 0, row), panels, panel, m, columns, rows, copies_left, own);
        }
    if (unit == CK_TILES) ck_release_tiles();
}
