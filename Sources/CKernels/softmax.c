#include "loops.h"

// Which probabilities dropout kept is written into their signs, which they do not need: minus where one was dropped, and
// be it of a zero.
CK_INLINE int kept(float probability) {
    int32_t bits;
    memcpy(&bits, &probability, sizeof bits);
    return bits >= 0;
}

// p = softmax(scale scores), row by row, in place, with a minus where it was dropped; dropped = dropout(p).
CK_CLONES void ck_softmax_forward(
    float *restrict scores, float *restrict dropped, const uint8_t *keep, float keep_scale, float scale, long rows,
    long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *p = scores + r * columns, *q = dropped + r * columns;
        float maximum = ck_row_largest(p, columns);
        float sum = 0;
        CK_FOUR_VECTORS
        for (long c = 0; c < columns; c++) {
            p[c] = ck_exp((p[c] - maximum) * scale);
            sum += p[c];
        }
        float inverse = 1.0f / sum;
        if (keep == NULL) {
            for (long c = 0; c < columns; c++) q[c] = p[c] *= inverse;
        } else {
            const uint8_t *keep_row = keep + r * columns;
            for (long c = 0; c < columns; c++) {
                float probability = p[c] * inverse;
                p[c] = keep_row[c] ? probability : -probability;
                q[c] = keep_row[c] ? probability * keep_scale : 0.0f;
            }
        }
    }
}

// `gradient` comes as the gradient of dropped = dropout(p), which is computed again, and leaves as that of the scores:
//   dp = dropout(gradient)     dscores = scale p (dp - sum(dp p))
CK_CLONES void ck_softmax_backward(
    float *restrict gradient, float *restrict dropped, const float *restrict probabilities, float keep_scale,
    float scale, long rows, long columns
) {
    CK_VECTOR_SUMS
    for (long r = 0; r < rows; r++) {
        float *d = gradient + r * columns, *q = dropped + r * columns;
        const float *p = probabilities + r * columns;
        float sum = 0;
        CK_FOUR_VECTORS
        for (long c = 0; c < columns; c++) {
            q[c] = kept(p[c]) ? p[c] * keep_scale : 0.0f;
            d[c] = kept(p[c]) ? d[c] * keep_scale : 0.0f;
            sum += d[c] * p[c];
        }
        for (long c = 0; c < columns; c++) d[c] = scale * __builtin_fabsf(p[c]) * (d[c] - sum);
    }
}
