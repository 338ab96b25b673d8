// Shared by the loops: the versions compiled of each, and exp and the largest of a row for vectors.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

// One version for AVX-512, one for AVX2 with FMA, one for any x86-64; the loader picks by the CPU's flags.
// (Before the thread sanitizer's own code can run, which would be called.)
#if defined(CK_CLONES)
// Given by Tests/run-kernel-levels, which compiles one at a time.
#elif defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif
#define CK_INLINE static inline __attribute__((always_inline))

// Lets the compiler split a sum over vector lanes. The order of additions then depends on how it does that, and on the
// count.
#define CK_VECTOR_SUMS _Pragma("clang fp reassociate(on)")
// Before the loop of such a sum: four vectors at a time, as with AVX-512's many registers it would do anyway. With AVX2 it
// would take two of the same eight numbers, and other CPUs have other bits (Tests/run-kernel-levels compares them).
#define CK_FOUR_VECTORS _Pragma("clang loop interleave_count(4)")

// exp(x) for x <= 88; exact to 1.3 units in the last place; 0 below -87.7. x = n ln 2 + r, exp(r) by a polynomial fitted
// to minimise the relative error over |r| <= ln 2 / 2 (3e-9 before rounding).
CK_INLINE float ck_exp(float x) {
    // Where n is -127, the exponent below is that of a float that is 0.
    float clamped = x < -88.0f ? -88.0f : x;
    // Adding 1.5 x 2^23 rounds to an integer and leaves it in the low bits (to convert it would be undefined where x is
    // a NaN); with 127 more it is the exponent of 2^n.
    const float shift = 12582912.0f + 127.0f;
    float shifted = __builtin_fmaf(clamped, 1.44269504f, shift);
    float n = shifted - shift;
    float r = __builtin_fmaf(n, -0.693359375f, clamped);
    r = __builtin_fmaf(n, 2.12194440e-4f, r);
    float p = 0.00138146076f;
    p = __builtin_fmaf(p, r, 0.0083687104f);
    p = __builtin_fmaf(p, r, 0.0416683875f);
    p = __builtin_fmaf(p, r, 0.166665207f);
    p = __builtin_fmaf(p, r, 0.499999935f);
    p = __builtin_fmaf(p, r * r, r) + 1.0f;
    uint32_t exponent;
    memcpy(&exponent, &shifted, sizeof exponent);
    exponent <<= 23;
    float power;
    memcpy(&power, &exponent, sizeof power);
    return p * power;
}

// bfloat16 is the upper half of a float.
CK_INLINE float ck_widened(uint16_t number) {
    const uint32_t bits = (uint32_t)number << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// To the nearest, of two equally near the even one. A NaN stays one, though all its bits may be in the lower half.
CK_INLINE uint16_t ck_rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t nearest = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16, nan = bits >> 16 | 0x40u;
    return (uint16_t)(x != x ? nan : nearest);
}

// The copy in bf16 of numbers that were just written and are near the core; no copy where `rounded` is NULL. A call, so
// that the loops before it keep their registers.
void ck_round_part(uint16_t *rounded, const float *x, long start, long end);

// The largest element. Kept in 32 lanes by hand: the compiler may not reorder comparisons, which a NaN could tell apart.
CK_INLINE float ck_row_largest(const float *x, long count) {
    float lane[32];
    for (int j = 0; j < 32; j++) lane[j] = x[0];
    long i = 0;
    for (; i + 32 <= count; i += 32)
        for (int j = 0; j < 32; j++) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    for (; i < count; i++) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
    for (int width = 16; width > 0; width /= 2)
        for (int j = 0; j < width; j++) lane[j] = lane[j + width] > lane[j] ? lane[j + width] : lane[j];
    return lane[0];
}
