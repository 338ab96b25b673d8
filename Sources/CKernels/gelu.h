#pragma once
#include "loops.h"

// terms[0] t^degree + terms[1] t^(degree - 1) + ... + terms[degree]
CK_INLINE float ck_polynomial(const float *terms, int degree, float t) {
    float sum = terms[0];
    for (int i = 1; i <= degree; i++) sum = __builtin_fmaf(sum, t, terms[i]);
    return sum;
}

// P(X <= x) of the standard normal distribution, and the slope of x P(X <= x), for arguments and results of 8 bits: less a
// half they are odd polynomials over |x| <= 4.2, fitted for the least error (4.3e-5 and 2.5e-4), and beyond as there, 0 and 1.
static const float ck_short_p[8] = {
    -1.14176454e-9f, 9.61328484e-8f, -3.50865506e-6f, 7.374062e-5f, -1.00524877e-3f, 9.52986219e-3f, -6.59913547e-2f,
    3.98776546e-1f,
};
static const float ck_short_r[9] = {
    3.5186167e-10f, -3.82409491e-8f, 1.76398546e-6f, -4.57106815e-5f, 7.41123939e-4f, -7.90664438e-3f, 5.63803033e-2f,
    -2.62462584e-1f, 7.96836199e-1f,
};

CK_INLINE float ck_short_odd(const float *terms, int degree, float x) {
    float near = x < -4.2f ? -4.2f : x;
    near = near > 4.2f ? 4.2f : near;
    return __builtin_fmaf(near, ck_polynomial(terms, degree, near * near), 0.5f);
}
CK_INLINE float ck_short_cumulative(float x) { return ck_short_odd(ck_short_p, 7, x); }
CK_INLINE float ck_short_slope(float x) { return ck_short_odd(ck_short_r, 8, x); }
