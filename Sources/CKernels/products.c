#include <pthread.h>
#include <stdlib.h>

#include "loops.h"
#include "product_blocks.h"

static long larger(long a, long b) { return a > b ? a : b; }

// Of the right operand, so much is gone through at once, block of rows by block of rows: 1 MB, half of the near cache of
// the CPUs that this is for. Of a left operand that has to be packed, a block at a time is, or all of it once where there is
// room; then the right one is gone through panel by panel. Sums of more terms are made in rounds, but where `finish` waits
// for them.
// Rows of floats that are split stay in the nearest cache.
enum {
    right_numbers = 1 << 19,
    left_numbers = 1 << 18,
    terms_at_once = left_numbers / ck_block,
    split_terms_at_once = 256,
};

typedef struct {
    long terms;
    uint16_t *left, *right;
    float sums[ck_block * ck_block];
} scratch;

// A thread's own, from its first product to its end.
static pthread_key_t scratch_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void make_key(void) { pthread_key_create(&scratch_key, free); }

// With room for a block's operands of so many terms.
static scratch *thread_scratch(long terms) {
    pthread_once(&once, make_key);
    scratch *own = pthread_getspecific(scratch_key);
    if (own != NULL && own->terms >= terms) return own;
    free(own);
    const long block = ck_blocks(larger(terms, terms_at_once)) * ck_block * ck_block, right = larger(block, right_numbers);
    own = aligned_alloc(64, (sizeof *own + 63) / 64 * 64 + (block + right) * sizeof(uint16_t));
    if (own == NULL) abort();
    own->terms = larger(terms, terms_at_once);
    own->left = (uint16_t *)((char *)own + (sizeof *own + 63) / 64 * 64);
    own->right = own->left + block;
    pthread_setspecific(scratch_key, own);
    return own;
}

typedef struct {
    ck_product_unit unit;
    ck_bf16_matrix a, b;
    const uint16_t *packed;
    long m, n, k;
    // Where sums go, which may be added to in several rounds; else `finish` gets them, in one.
    float *sums;
    long stride;
    bool adds;
    ck_finish finish;
    // What `finish` reads, rows `stride` apart; or NULL.
    const uint16_t *reads;
    // Whether all of a is packed, in `own`.
    bool has_left;
    scratch *own;
    // Of floats: these are the operands, and packed they take twice the room.
    bool splits;
    ck_float_matrix float_a, float_b;
} product;

// Halves that so many terms of a row, or of a column, take when they are packed.
static long packed_terms(const product *p, long terms) { return ck_blocks(terms) * ck_block * (p->splits ? 2 : 1); }

// Terms `first` to `first + k` of rows of a.
static void pack_left(const product *p, uint16_t *target, long width, long row, long first, long rows, long k) {
    if (p->splits) ck_pack_rows_split(p->unit, target, width, p->float_a, row, first, rows, k);
    else ck_pack_rows(p->unit, target, width, ck_part(p->a, row, first), rows, k);
}

// The same of columns of b.
static void pack_panels(const product *p, long first, long column, long k, long n) {
    if (p->splits) ck_pack_panels_split(p->unit, p->own->right, p->float_b, first, column, k, n);
    else ck_pack_right(p->unit, p->own->right, ck_part(p->b, first, column), k, n);
}

static void multiply_block(const product *p, ck_product_block block, long row, long column, long rows, long columns) {
    const bool is_whole = rows == ck_tile * block.row_tiles && columns == ck_tile * block.column_tiles;
    float *target = p->sums == NULL ? NULL : p->sums + row * p->stride + column;
    if (is_whole && target != NULL) {
        block.c = target;
        block.c_stride = p->stride;
    } else {
        block.c = p->own->sums;
        block.c_stride = ck_block;
        if (block.adds)
            for (long r = 0; r < rows; r++)
                memcpy(block.c + r * ck_block, target + r * p->stride, columns * sizeof(float));
    }
    switch (p->unit) {
    case CK_TILES: ck_multiply_block_tiles(&block); break;
    case CK_AVX512_BF16: ck_multiply_block_avx512(&block); break;
    case CK_PLAIN_C: ck_multiply_block_plain(&block); break;
    }
    if (target == NULL) {
        const ck_finished_block finished = {block.c, row, column, rows, columns, p->n};
        p->finish.run(p->finish.target, &finished);
    } else if (!is_whole) {
        for (long r = 0; r < rows; r++)
            memcpy(target + r * p->stride, block.c + r * ck_block, columns * sizeof(float));
    }
}

// The same of the rows `first` to `end` of 32 columns of b, as it lies: to be packed soon.
static void prefetch_right(ck_bf16_matrix b, long first, long end) {
    for (long row = first; row < end; row++) __builtin_prefetch(b.base + row * b.stride);
}

// Asks for the memory of the block to come while this one is computed: what is added to, or read by what follows, may be
// far from the core.
static void prefetch(const product *p, long row, long column, long rows) {
    const long place = row * p->stride + column;
    for (long r = 0; r < rows; r++) {
        if (p->sums != NULL) {
            __builtin_prefetch(p->sums + place + r * p->stride, 1);
            __builtin_prefetch(p->sums + place + r * p->stride + ck_tile, 1);
        }
        if (p->reads != NULL) __builtin_prefetch(p->reads + place + r * p->stride);
    }
}

// Terms `first` to `first + k` of each sum, for `n` columns from `column` on, whose panels are `panel` numbers apart.
static void multiply_panels(
    const product *p, const uint16_t *panels, long panel, long first, long k, long column, long n
) {
    for (long row = 0; row < p->m; row += ck_block) {
        const long rows = ck_smaller(p->m - row, ck_block);
        const long width = packed_terms(p, k);
        ck_bf16_matrix left = {.base = p->own->left, .stride = width};
        // Instructions read whole tiles, of rows that lie one after the other.
        if (p->has_left) left.base += row * width;
        else if (p->splits || p->a.is_transposed || k % ck_block != 0 || rows % ck_tile != 0)
            pack_left(p, p->own->left, width, row, first, rows, k);
        else left = ck_part(p->a, row, first);
        ck_product_block block = {
            .a = left.base,
            .a_stride = left.stride,
            .steps = ck_blocks(k),
            .row_tiles = rows > ck_tile ? 2 : 1,
            .adds = p->adds || first > 0,
            .splits = p->splits,
        };
        for (long done = 0; done < n; done += ck_block) {
            const long columns = ck_smaller(n - done, ck_block);
            block.b = panels + done / ck_block * panel;
            block.column_tiles = columns > ck_tile ? 2 : 1;
            if (done + ck_block < n) prefetch(p, row, column + done + ck_block, rows);
            else if (row + ck_block < p->m) prefetch(p, row + ck_block, column, ck_smaller(p->m - row - ck_block, ck_block));
            // The panel to come, while this one goes down all rows.
            if (p->has_left && !p->splits && !p->b.is_transposed && column + ck_block < p->n)
                prefetch_right(ck_part(p->b, first, column + ck_block), k * row / p->m, k * (row + rows) / p->m);
            multiply_block(p, block, row, column + done, rows, columns);
        }
    }
}

static void multiply(product p) {
    const long most = p.sums == NULL ? p.k : ck_smaller(p.k, p.splits ? split_terms_at_once : terms_at_once);
    p.own = thread_scratch(packed_terms(&p, most));
    if (p.unit == CK_TILES) ck_configure_tiles();
    for (long first = 0; first < p.k; first += most) {
        const long k = ck_smaller(p.k - first, most), width = packed_terms(&p, k);
        p.has_left =
            p.packed == NULL && (p.splits || p.a.is_transposed) && ck_blocks(p.m) * ck_block * width <= left_numbers;
        if (p.has_left)
            for (long row = 0; row < p.m; row += ck_block)
                pack_left(&p, p.own->left + row * width, width, row, first, ck_smaller(p.m - row, ck_block), k);
        const long columns_at_once = p.has_left ? ck_block : larger(right_numbers / width / ck_block, 1) * ck_block;
        for (long column = 0; column < p.n; column += columns_at_once) {
            const long columns = ck_smaller(p.n - column, columns_at_once);
            if (p.packed == NULL) {
                pack_panels(&p, first, column, k, columns);
                multiply_panels(&p, p.own->right, width * ck_block, first, k, column, columns);
            } else {
                const long panel = packed_terms(&p, p.k) * ck_block;
                const uint16_t *panels =
                    p.packed + column / ck_block * panel + packed_terms(&p, first) * ck_block;
                multiply_panels(&p, panels, panel, first, k, column, columns);
            }
        }
    }
    if (p.unit == CK_TILES) ck_release_tiles();
}

static void multiply_into(product p, const ck_product_target *c) {
    if (c->bias == NULL && c->rounded == NULL && c->add_column_sums == NULL) {
        p.sums = c->base;
        p.stride = c->stride;
        p.adds = c->adds;
    } else {
        p.finish = (ck_finish){p.unit == CK_PLAIN_C ? ck_finish_target_plain : ck_finish_target_avx512, c};
    }
    multiply(p);
}

void ck_bf16_product(
    ck_product_unit unit, ck_product_target c, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k
) {
    multiply_into((product){unit, a, b, packed, m, n, k}, &c);
}

void ck_split_product(
    ck_product_unit unit, ck_product_target c, ck_float_matrix a, ck_float_matrix b, const uint16_t *packed, long m,
    long n, long k
) {
    product p = {.unit = unit, .packed = packed, .m = m, .n = n, .k = k, .splits = true, .float_a = a, .float_b = b};
    multiply_into(p, &c);
}

void ck_bf16_product_gelu(
    ck_product_unit unit, ck_gelu_target target, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k
) {
    const ck_finish finish = {unit == CK_PLAIN_C ? ck_finish_gelu_plain : ck_finish_gelu_avx512, &target};
    multiply((product){unit, a, b, packed, m, n, k, .finish = finish});
}

void ck_bf16_product_gelu_gradient(
    ck_product_unit unit, ck_gelu_gradient_target target, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed,
    long m, long n, long k
) {
    const ck_finish finish = {
        unit == CK_PLAIN_C ? ck_finish_gelu_gradient_plain : ck_finish_gelu_gradient_avx512, &target};
    multiply((product){unit, a, b, packed, m, n, k, .stride = n, .finish = finish, .reads = target.z});
}

void ck_softmax_forward_halves(
    ck_product_unit unit, float *restrict scores, uint16_t *restrict probabilities, uint16_t *restrict dropped,
    const uint8_t *keep, float keep_scale, float scale, long rows, long columns
) {
    (unit == CK_PLAIN_C ? ck_softmax_forward_halves_plain : ck_softmax_forward_halves_avx512)(
        scores, probabilities, dropped, keep, keep_scale, scale, rows, columns);
}

void ck_softmax_backward_halves(
    ck_product_unit unit, float *restrict gradient, uint16_t *restrict rounded_gradient, uint16_t *restrict dropped,
    const uint16_t *restrict probabilities, float keep_scale, float scale, long rows, long columns
) {
    (unit == CK_PLAIN_C ? ck_softmax_backward_halves_plain : ck_softmax_backward_halves_avx512)(
        gradient, rounded_gradient, dropped, probabilities, keep_scale, scale, rows, columns);
}
