#include "loops.h"

// p = softmax(scale scores), row by row, in place; dropped = dropout(p) (may be the same memory as scores).
CK_CLONES void ck_softmax_forward(
    float *scores, float *dropped, uint16_t *rounded, const uint8_t *keep, float keep_scale, float scale, long rows,
    long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *p = scores + r * columns;
        float maximum = ck_row_largest(p, columns);
        float sum = 0;
        for (long c = 0; c < columns; c++) {
            p[c] = ck_exp((p[c] - maximum) * scale);
            sum += p[c];
        }
        float inverse = 1.0f / sum, kept = inverse * keep_scale;
        float *q = dropped + r * columns;
        if (keep == NULL) {
            for (long c = 0; c < columns; c++) p[c] *= inverse;
            if (q != p) memcpy(q, p, (size_t)columns * sizeof(float));
        } else if (q == p) {
            // A loop of its own: the compiler makes no vectors of the other where it may read what it wrote.
            for (long c = 0; c < columns; c++) p[c] = keep[r * columns + c] ? p[c] * kept : 0.0f;
        } else {
            for (long c = 0; c < columns; c++) {
                q[c] = keep[r * columns + c] ? p[c] * kept : 0.0f;
                p[c] *= inverse;
            }
        }
        ck_round_part(rounded, dropped, r * columns, (r + 1) * columns);
    }
}

// `gradient` comes as the gradient of dropout(p) and leaves as that of the scores:
//   dp = dropout(gradient)     dscores = scale p (dp - sum(dp p))
CK_CLONES void ck_softmax_backward(
    float *gradient, uint16_t *rounded, const float *probabilities, const uint8_t *keep, float keep_scale, float scale,
    long rows, long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *d = gradient + r * columns;
        const float *p = probabilities + r * columns;
        if (keep != NULL) {
            const uint8_t *keep_row = keep + r * columns;
            for (long c = 0; c < columns; c++) d[c] = keep_row[c] ? d[c] * keep_scale : 0.0f;
        }
        float sum = 0;
        for (long c = 0; c < columns; c++) sum += d[c] * p[c];
        for (long c = 0; c < columns; c++) d[c] = scale * p[c] * (d[c] - sum);
        ck_round_part(rounded, gradient, r * columns, (r + 1) * columns);
    }
}
