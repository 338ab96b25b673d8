#include "product_blocks.h"

// Blocks by AVX-512 bf16 (Zen 4, Cooper Lake and later): a pair of a, in all places of a vector, times 16 pairs of b. Eleven
// rows of two vectors of sums keep 22 of 32 registers busy, with 13 loads for 22 products.
#if defined(__x86_64__)
#include <immintrin.h>

#include "loops.h"

#define CK_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

bool ck_has_avx512_bf16(void) { return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw"); }

// Sums are in registers only if all places of their array are constants.
#define CK_UNROLL _Pragma("clang loop unroll(full)")

CK_BF16 static inline __attribute__((always_inline)) void multiply_rows(
    const ck_product_block *block, const long first, const int rows, const int vectors
) {
    __m512 sums[11][2];
    float *c = block->c + first * block->c_stride;
    const ck_step_pairs pairs = ck_pairs_of(block);
    CK_UNROLL
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sums[r][v] = block->adds ? _mm512_loadu_ps(c + r * block->c_stride + v * ck_tile) : _mm512_setzero_ps();
    for (long step = 0; step < pairs.count * block->steps; step++) {
        const long terms = step / pairs.count, number = step % pairs.count;
        const uint16_t *a = block->a + first * block->a_stride + terms * pairs.a_step + pairs.a[number];
        const uint16_t *b = block->b + terms * pairs.b_step + pairs.b[number];
        for (int pair = 0; pair < ck_tile; pair++, a += 2) {
            __m512bh right[2];
            for (int v = 0; v < vectors; v++)
                right[v] = (__m512bh)_mm512_loadu_si512(b + v * ck_tile_numbers + pair * 2 * ck_tile);
            CK_UNROLL
            for (int r = 0; r < rows; r++) {
                int32_t numbers;
                memcpy(&numbers, a + r * block->a_stride, sizeof numbers);
                const __m512bh left = (__m512bh)_mm512_set1_epi32(numbers);
                for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], left, right[v]);
            }
        }
    }
    CK_UNROLL
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            _mm512_storeu_ps(c + r * block->c_stride + v * ck_tile, sums[r][v]);
}

CK_BF16 void ck_multiply_block_avx512(const ck_product_block *block) {
    const bool is_wide = block->column_tiles == 2;
    if (block->row_tiles == 2 && is_wide) {
        multiply_rows(block, 0, 11, 2);
        multiply_rows(block, 11, 11, 2);
        multiply_rows(block, 22, 10, 2);
    } else if (block->row_tiles == 2) {
        multiply_rows(block, 0, 11, 1);
        multiply_rows(block, 11, 11, 1);
        multiply_rows(block, 22, 10, 1);
    } else if (is_wide) {
        multiply_rows(block, 0, 8, 2);
        multiply_rows(block, 8, 8, 2);
    } else {
        multiply_rows(block, 0, 8, 1);
        multiply_rows(block, 8, 8, 1);
    }
}

// Of 16 rows of 16 pairs, pair c of row r to place r of row c: four rounds that exchange halves, each of half the size.
CK_BF16 static inline __attribute__((always_inline)) void transpose(__m512i rows[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    __m512i u[16];
    for (int i = 0; i < 16; i += 4) {
        u[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(u[i], u[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(u[i], u[i + 4], 0xDD);
        t[i + 8] = _mm512_shuffle_i32x4(u[i + 8], u[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(u[i + 8], u[i + 12], 0xDD);
    }
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
        rows[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        rows[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
    }
}

// The first `count` of 32 numbers, and zeros.
CK_BF16 static inline __mmask32 first(long count) { return count >= 32 ? 0xFFFFFFFFu : (1u << count) - 1u; }

// Two rows of 32 numbers as 32 pairs.
CK_BF16 static inline __attribute__((always_inline)) void interleave(
    __m512i upper, __m512i lower, __m512i *left, __m512i *right
) {
    const __m512i low = _mm512_set_epi16(
        47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    *left = _mm512_permutex2var_epi16(upper, low, lower);
    *right = _mm512_permutex2var_epi16(upper, high, lower);
}

// 16 pairs of rows, as they lie in memory, as the pairs of 32 columns: `left` of the first 16.
CK_BF16 static inline __attribute__((always_inline)) void pairs_of_rows(
    const uint16_t *base, long stride, long rows, long columns, __m512i left[16], __m512i right[16]
) {
    const __mmask32 mask = first(columns);
    for (int pair = 0; pair < ck_tile; pair++) {
        const uint16_t *row = base + 2 * pair * stride;
        const __m512i upper = 2 * pair < rows ? _mm512_maskz_loadu_epi16(mask, row) : _mm512_setzero_si512();
        const __m512i lower = 2 * pair + 1 < rows ? _mm512_maskz_loadu_epi16(mask, row + stride) : _mm512_setzero_si512();
        interleave(upper, lower, left + pair, right + pair);
    }
}

CK_BF16 void ck_pack_step_avx512(uint16_t *step, ck_bf16_matrix b, long rows, long columns) {
    __m512i left[16], right[16];
    if (!b.is_transposed) {
        pairs_of_rows(b.base, b.stride, rows, columns, left, right);
    } else {
        const __mmask32 mask = first(rows);
        for (int c = 0; c < ck_tile; c++) {
            left[c] = c < columns ? _mm512_maskz_loadu_epi16(mask, b.base + c * b.stride) : _mm512_setzero_si512();
            right[c] = c + ck_tile < columns ? _mm512_maskz_loadu_epi16(mask, b.base + (c + ck_tile) * b.stride)
                                             : _mm512_setzero_si512();
        }
        transpose(left);
        transpose(right);
    }
    for (int pair = 0; pair < ck_tile; pair++) {
        _mm512_storeu_si512(step + pair * 2 * ck_tile, left[pair]);
        _mm512_storeu_si512(step + ck_tile_numbers + pair * 2 * ck_tile, right[pair]);
    }
}

CK_BF16 void ck_pack_rows_avx512(uint16_t *target, long width, ck_bf16_matrix a, long rows, long k) {
    for (long start = 0; start < k; start += ck_block) {
        uint16_t *place = target + start;
        if (!a.is_transposed) {
            const __mmask32 mask = first(k - start);
            for (long r = 0; r < ck_block; r++)
                _mm512_storeu_si512(
                    place + r * width, r < rows ? _mm512_maskz_loadu_epi16(mask, a.base + r * a.stride + start)
                                                : _mm512_setzero_si512());
        } else {
            __m512i left[16], right[16];
            pairs_of_rows(a.base + start * a.stride, a.stride, k - start, rows, left, right);
            transpose(left);
            transpose(right);
            for (int r = 0; r < ck_tile; r++) {
                _mm512_storeu_si512(place + r * width, left[r]);
                _mm512_storeu_si512(place + (r + ck_tile) * width, right[r]);
            }
        }
    }
}

// ---- What follows products.

CK_BF16 static inline __attribute__((always_inline)) void half_round(
    uint16_t *restrict y, const float *restrict x, const long count
) {
    long i = 0;
    for (; i + 16 <= count; i += 16)
        _mm256_storeu_si256((__m256i *)(y + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + i)));
    if (i < count) {
        const __mmask16 rest = (__mmask16)first(count - i);
        _mm256_mask_storeu_epi16(y + i, rest, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(rest, x + i)));
    }
}

#define CK_HALF_INLINE CK_BF16 CK_INLINE
#define CK_HALF CK_BF16 __attribute__((min_vector_width(512)))
#define CK_HALF_NAME(name) name##_avx512
#include "half_loops.h"
#else
// Nobody asks for these where there is no such unit.
bool ck_has_avx512_bf16(void) { return false; }
void ck_multiply_block_avx512(const ck_product_block *block) { ck_multiply_block_plain(block); }
void ck_pack_step_avx512(uint16_t *step, ck_bf16_matrix b, long rows, long columns) {
    ck_pack_step_plain(step, b, rows, columns);
}
void ck_pack_rows_avx512(uint16_t *target, long width, ck_bf16_matrix a, long rows, long k) {
    ck_pack_rows_plain(target, width, a, rows, k);
}
void ck_split_avx512(uint16_t *upper, uint16_t *lower, const float *x, long stride, long rows, long columns) {
    ck_split_plain(upper, lower, x, stride, rows, columns);
}
void ck_finish_target_avx512(const void *target, const ck_finished_block *block) { ck_finish_target_plain(target, block); }
void ck_finish_gelu_avx512(const void *target, const ck_finished_block *block) { ck_finish_gelu_plain(target, block); }
void ck_finish_gelu_gradient_avx512(const void *target, const ck_finished_block *block) {
    ck_finish_gelu_gradient_plain(target, block);
}
void ck_softmax_forward_halves_avx512(
    float *restrict scores, uint16_t *restrict probabilities, uint16_t *restrict dropped, const uint8_t *keep,
    float keep_scale, float scale, long rows, long columns
) {
    ck_softmax_forward_halves_plain(scores, probabilities, dropped, keep, keep_scale, scale, rows, columns);
}
void ck_softmax_backward_halves_avx512(
    float *restrict gradient, uint16_t *restrict rounded_gradient, uint16_t *restrict dropped,
    const uint16_t *restrict probabilities, float keep_scale, float scale, long rows, long columns
) {
    ck_softmax_backward_halves_plain(
        gradient, rounded_gradient, dropped, probabilities, keep_scale, scale, rows, columns);
}
#endif
