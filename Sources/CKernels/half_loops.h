// What products in bf16 hand on, in halves: loops that are compiled twice, by product_avx512.c, where rounding is one
// instruction, and by product_plain.c. Each defines CK_HALF, what functions are compiled for, CK_HALF_NAME, what their
// names end with, CK_HALF_INLINE for what they call, and half_round, which rounds `count` numbers.
#include "gelu.h"
#include "product_blocks.h"

CK_HALF_INLINE void half_widen(float *restrict y, const uint16_t *restrict x, const long count) {
    for (long i = 0; i < count; i++) y[i] = ck_widened(x[i]);
}

CK_HALF_INLINE void half_split_rows(
    uint16_t *upper, uint16_t *lower, const float *x, const long stride, const long rows, const long columns
) {
    for (long r = 0; r < rows; r++, x += stride, upper += ck_block, lower += ck_block) {
        float rest[ck_block];
        half_round(upper, x, columns);
        half_widen(rest, upper, columns);
        // Of what is not finite, the upper part says so.
        for (long c = 0; c < columns; c++) rest[c] = fabsf(x[c]) < INFINITY ? x[c] - rest[c] : 0;
        half_round(lower, rest, columns);
    }
}

CK_HALF void CK_HALF_NAME(ck_split)(
    uint16_t *upper, uint16_t *lower, const float *x, long stride, long rows, long columns
) {
    if (columns == ck_block) half_split_rows(upper, lower, x, stride, rows, ck_block);
    else half_split_rows(upper, lower, x, stride, rows, columns);
}

// ---- Blocks of a product. `columns` is the constant 32 but in the last blocks.

CK_HALF_INLINE void half_target_rows(const ck_product_target *target, const ck_finished_block *block, const long columns) {
    float bias[ck_block] = {0}, column_sums[ck_block] = {0};
    if (target->bias != NULL) memcpy(bias, target->bias + block->column, columns * sizeof(float));
    for (long r = 0; r < block->rows; r++) {
        const long place = (block->row + r) * target->stride + block->column;
        float sums[ck_block];
        for (long c = 0; c < columns; c++) {
            sums[c] = block->sums[r * ck_block + c] + bias[c];
            column_sums[c] += sums[c];
        }
        if (target->base != NULL) memcpy(target->base + place, sums, columns * sizeof(float));
        if (target->rounded != NULL) half_round(target->rounded + place, sums, columns);
    }
    if (target->add_column_sums != NULL)
        for (long c = 0; c < columns; c++) target->add_column_sums[block->column + c] += column_sums[c];
}

CK_HALF void CK_HALF_NAME(ck_finish_target)(const void *target, const ck_finished_block *block) {
    if (block->columns == ck_block) half_target_rows(target, block, ck_block);
    else half_target_rows(target, block, block->columns);
}

CK_HALF_INLINE void half_gelu_rows(const ck_gelu_target *target, const ck_finished_block *block, const long columns) {
    const float *bias = target->bias + block->column;
    for (long r = 0; r < block->rows; r++) {
        const float *sums = block->sums + r * ck_block;
        const long place = (block->row + r) * block->n + block->column;
        float z[ck_block], y[ck_block];
        uint16_t halves[ck_block];
        for (long c = 0; c < columns; c++) z[c] = sums[c] + bias[c];
        half_round(halves, z, columns);
        half_widen(z, halves, columns);
        for (long c = 0; c < columns; c++) y[c] = z[c] * ck_short_cumulative(z[c]);
        memcpy(target->z + place, halves, columns * sizeof *halves);
        half_round(target->y + place, y, columns);
    }
}

CK_HALF void CK_HALF_NAME(ck_finish_gelu)(const void *target, const ck_finished_block *block) {
    if (block->columns == ck_block) half_gelu_rows(target, block, ck_block);
    else half_gelu_rows(target, block, block->columns);
}

CK_HALF_INLINE void half_gelu_gradient_rows(
    const ck_gelu_gradient_target *target, const ck_finished_block *block, const long columns
) {
    float *bias_gradient = target->add_bias_gradient + block->column, column_sums[ck_block] = {0};
    for (long r = 0; r < block->rows; r++) {
        const float *sums = block->sums + r * ck_block;
        const long row = block->row + r, place = row * block->n + block->column;
        float z[ck_block], dz[ck_block];
        half_widen(z, target->z + place, columns);
        for (long c = 0; c < columns; c++) {
            dz[c] = sums[c] * ck_short_slope(z[c]);
            column_sums[c] += dz[c];
        }
        half_round(target->dz + row * target->stride + block->column, dz, columns);
    }
    for (long c = 0; c < columns; c++) bias_gradient[c] += column_sums[c];
}

CK_HALF void CK_HALF_NAME(ck_finish_gelu_gradient)(const void *target, const ck_finished_block *block) {
    if (block->columns == ck_block) half_gelu_gradient_rows(target, block, ck_block);
    else half_gelu_gradient_rows(target, block, block->columns);
}

// ---- Attention. What dropout does is written into the signs of probabilities, which do not need them.

CK_HALF_INLINE void half_probabilities(
    uint16_t *restrict p, uint16_t *restrict q, const float *restrict exponentials, float inverse,
    const uint8_t *restrict keep, float keep_scale, const long count
) {
    float part[ck_block];
    uint16_t halves[ck_block];
    for (long c = 0; c < count; c++) part[c] = exponentials[c] * inverse;
    half_round(halves, part, count);
    if (keep == NULL) {
        memcpy(q, halves, count * sizeof *q);
    } else {
        for (long c = 0; c < count; c++) part[c] = keep[c] ? ck_widened(halves[c]) * keep_scale : 0.0f;
        half_round(q, part, count);
        for (long c = 0; c < count; c++) halves[c] = keep[c] ? halves[c] : (uint16_t)(halves[c] | 0x8000u);
    }
    memcpy(p, halves, count * sizeof *p);
}

CK_HALF void CK_HALF_NAME(ck_softmax_forward_halves)(
    float *restrict scores, uint16_t *restrict probabilities, uint16_t *restrict dropped, const uint8_t *keep,
    float keep_scale, float scale, long rows, long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *s = scores + r * columns;
        uint16_t *p = probabilities + r * columns, *q = dropped + r * columns;
        const float maximum = ck_row_largest(s, columns);
        float sum = 0;
        CK_FOUR_VECTORS
        for (long c = 0; c < columns; c++) {
            s[c] = ck_exp((s[c] - maximum) * scale);
            sum += s[c];
        }
        const float inverse = 1.0f / sum;
        const uint8_t *keep_row = keep == NULL ? NULL : keep + r * columns;
        long c = 0;
        for (; c + ck_block <= columns; c += ck_block)
            half_probabilities(p + c, q + c, s + c, inverse, keep_row == NULL ? NULL : keep_row + c, keep_scale, ck_block);
        half_probabilities(p + c, q + c, s + c, inverse, keep_row == NULL ? NULL : keep_row + c, keep_scale, columns - c);
    }
}

CK_HALF void CK_HALF_NAME(ck_softmax_backward_halves)(
    float *restrict gradient, uint16_t *restrict rounded_gradient, uint16_t *restrict dropped,
    const uint16_t *restrict probabilities, float keep_scale, float scale, long rows, long columns
) {
    CK_VECTOR_SUMS
    enum { part = 64 };
    for (long r = 0; r < rows; r++) {
        float *d = gradient + r * columns;
        const uint16_t *p = probabilities + r * columns;
        uint16_t *q = dropped + r * columns;
        float sum = 0;
        for (long start = 0; start < columns; start += part) {
            const long count = columns - start < part ? columns - start : part;
            float kept[part];
            CK_FOUR_VECTORS
            for (long c = 0; c < count; c++) {
                const float probability = ck_widened(p[start + c] & 0x7FFFu);
                const float kept_scale = p[start + c] & 0x8000u ? 0.0f : keep_scale;
                kept[c] = probability * kept_scale;
                d[start + c] *= kept_scale;
                sum += d[start + c] * probability;
            }
            half_round(q + start, kept, count);
        }
        for (long c = 0; c < columns; c++) d[c] = scale * ck_widened(p[c] & 0x7FFFu) * (d[c] - sum);
        half_round(rounded_gradient + r * columns, d, columns);
    }
}
