#include "loops.h"

// s = residual + dropout(x + bias), or s = x;  normalized = (s - mean s) / sqrt(variance s + epsilon);  y = scale normalized + shift
CK_CLONES void ck_layer_norm_forward(
    float *y, uint16_t *rounded, float *restrict normalized, float *restrict inverse_deviation, const float *x,
    const float *bias, const float *residual, const uint8_t *keep, float keep_scale, const float *restrict scale,
    const float *restrict shift, float epsilon, long rows, long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        const float *x_row = x + r * columns;
        float *s = normalized + r * columns;
        float sum = 0;
        if (residual == NULL) {
            CK_FOUR_VECTORS
            for (long c = 0; c < columns; c++) {
                s[c] = x_row[c];
                sum += s[c];
            }
        } else {
            const float *residual_row = residual + r * columns;
            if (keep != NULL) {
                const uint8_t *keep_row = keep + r * columns;
                for (long c = 0; c < columns; c++) s[c] = keep_row[c] ? (x_row[c] + bias[c]) * keep_scale : 0.0f;
            } else {
                for (long c = 0; c < columns; c++) s[c] = x_row[c] + bias[c];
            }
            CK_FOUR_VECTORS
            for (long c = 0; c < columns; c++) {
                s[c] += residual_row[c];
                sum += s[c];
            }
        }
        float mean = sum / (float)columns;
        float squares = 0;
        CK_FOUR_VECTORS
        for (long c = 0; c < columns; c++) {
            float centred = s[c] - mean;
            squares += centred * centred;
        }
        float inverse = 1.0f / __builtin_elementwise_sqrt(squares / (float)columns + epsilon);
        inverse_deviation[r] = inverse;
        float *y_row = y + r * columns;
        for (long c = 0; c < columns; c++) {
            s[c] = (s[c] - mean) * inverse;
            y_row[c] = __builtin_fmaf(s[c], scale[c], shift[c]);
        }
        ck_round_part(rounded, y, r * columns, (r + 1) * columns);
    }
}

// With n = normalized, g = dy * scale, over the C columns of a row:
//   ds = (g - mean(g) - n mean(g n)) / deviation     dscale += dy n     dshift += dy
//     dx = dropout(ds)     dbias += dx
// `gradient` comes as dy and leaves as ds; `dx` is NULL where s = x.
CK_CLONES void ck_layer_norm_backward(
    float *restrict gradient, float *restrict dx, uint16_t *rounded, float *restrict add_bias_gradient,
    float *restrict add_scale_gradient, float *restrict add_shift_gradient, const float *restrict normalized,
    const float *restrict inverse_deviation, const uint8_t *keep, float keep_scale, const float *restrict scale,
    long rows, long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *d = gradient + r * columns;
        const float *n = normalized + r * columns;
        float sum = 0, projection = 0;
        CK_FOUR_VECTORS
        for (long c = 0; c < columns; c++) {
            add_scale_gradient[c] += d[c] * n[c];
            add_shift_gradient[c] += d[c];
            float g = d[c] * scale[c];
            d[c] = g;
            sum += g;
            projection += g * n[c];
        }
        float mean = sum / (float)columns, slope = projection / (float)columns, inverse = inverse_deviation[r];
        for (long c = 0; c < columns; c++) d[c] = (d[c] - mean - n[c] * slope) * inverse;
        if (dx == NULL) continue;
        float *dx_row = dx + r * columns;
        if (keep != NULL) {
            const uint8_t *keep_row = keep + r * columns;
            for (long c = 0; c < columns; c++) dx_row[c] = keep_row[c] ? d[c] * keep_scale : 0.0f;
        } else {
            for (long c = 0; c < columns; c++) dx_row[c] = d[c];
        }
        for (long c = 0; c < columns; c++) add_bias_gradient[c] += dx_row[c];
        ck_round_part(rounded, dx, r * columns, (r + 1) * columns);
    }
}
