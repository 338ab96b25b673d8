// Shared by the loops: the versions compiled of each, and vector-friendly exp and normal distribution.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

// One version for AVX-512, one for AVX2 with FMA, one for any x86-64; the loader picks by the CPU's flags.
#if defined(__x86_64__)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif
#define CK_INLINE static inline __attribute__((always_inline))

// Lets the compiler split a sum over vector lanes. The order of additions then depends on the CPU's vector width and
// on the count, and on nothing else: the same bits on every machine of the same kind.
#define CK_VECTOR_SUMS _Pragma("clang fp reassociate(on)")

// exp(x) for x <= 88; exact to 1.3 units in the last place; 0 below -87. x = n ln 2 + r, exp(r) by a polynomial fitted to
// minimise the relative error over |r| <= ln 2 / 2 (3e-9 before rounding).
CK_INLINE float ck_exp(float x) {
    float clamped = x < -87.0f ? -87.0f : x;
    float n = __builtin_rintf(clamped * 1.44269504f);
    float r = __builtin_fmaf(n, -0.693359375f, clamped);
    r = __builtin_fmaf(n, 2.12194440e-4f, r);
    float p = 0.00138146076f;
    p = __builtin_fmaf(p, r, 0.0083687104f);
    p = __builtin_fmaf(p, r, 0.0416683875f);
    p = __builtin_fmaf(p, r, 0.166665207f);
    p = __builtin_fmaf(p, r, 0.499999935f);
    p = __builtin_fmaf(p, r * r, r) + 1.0f;
    // The low bits of n + 1.5 x 2^23 are those of the integer n; to convert n would be undefined where x is a NaN.
    float shifted = n + 12582912.0f, power;
    uint32_t exponent;
    memcpy(&exponent, &shifted, sizeof exponent);
    exponent = (exponent + 127u) << 23;
    memcpy(&power, &exponent, sizeof power);
    return x < -87.0f ? 0.0f : p * power;
}

// The largest element. Kept in 32 lanes by hand: the compiler may not reorder comparisons, which a NaN could tell apart.
CK_INLINE float ck_row_largest(const float *x, long count) {
    float lane[32];
    for (int j = 0; j < 32; j++) lane[j] = x[0];
    long i = 0;
    for (; i + 32 <= count; i += 32)
        for (int j = 0; j < 32; j++) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    for (; i < count; i++) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
    for (int j = 1; j < 32; j++) lane[0] = lane[j] > lane[0] ? lane[j] : lane[0];
    return lane[0];
}

// The upper tail of the standard normal distribution at |x| is density * tail, with tail a polynomial in
// t = 1 / (1 + 0.3 |x|) (the form of Abramowitz and Stegun 7.1.26, our own coefficients: 1.5e-7 relative, everywhere).
typedef struct {
    float cumulative;  // P(X <= x)
    float exponential; // exp(-x^2 / 2)
} ck_normal;

CK_INLINE ck_normal ck_normal_distribution(float x) {
    float magnitude = __builtin_fabsf(x);
    float exponential = ck_exp(-0.5f * x * x);
    float t = 1.0f / __builtin_fmaf(0.3f, magnitude, 1.0f);
    float p = 0.0356751237f;
    p = __builtin_fmaf(p, t, -0.157204471f);
    p = __builtin_fmaf(p, t, 0.206355762f);
    p = __builtin_fmaf(p, t, -0.053685581f);
    p = __builtin_fmaf(p, t, 0.128562573f);
    p = __builtin_fmaf(p, t, 0.0999132301f);
    p = __builtin_fmaf(p, t, 0.120753994f);
    p = __builtin_fmaf(p, t, 0.119629297f);
    float tail = p * t * exponential;
    ck_normal result = {x < 0 ? tail : 1.0f - tail, exponential};
    return result;
}
