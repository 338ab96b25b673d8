#include "loops.h"

// gelu(x) = x P(X <= x), X standard normal (erf form, D. Hendrycks and K. Gimpel, arXiv 1606.08415).
CK_CLONES void ck_gelu_forward(float *restrict y, const float *restrict x, long count) {
    for (long i = 0; i < count; i++) y[i] = x[i] * ck_normal_distribution(x[i]).cumulative;
}

// gelu'(x) = P(X <= x) + x density(x). Multiplies `gradient` in place and gives y = gelu(x) again on the way.
CK_CLONES void ck_gelu_backward(float *restrict gradient, float *restrict y, const float *restrict x, long count) {
    for (long i = 0; i < count; i++) {
        ck_normal normal = ck_normal_distribution(x[i]);
        y[i] = x[i] * normal.cumulative;
        gradient[i] *= __builtin_fmaf(x[i] * 0.398942280f, normal.exponential, normal.cumulative);
    }
}
