#include "loops.h"

// bfloat16 is the upper half of a float.

// To the nearest, of two equally near the even one. A NaN stays one, though all its bits may be in the lower half.
CK_CLONES void ck_round_to_bfloat16(uint16_t *restrict y, const float *restrict x, long count) {
    for (long i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        uint32_t nearest = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16, nan = bits >> 16 | 0x40u;
        y[i] = (uint16_t)(x[i] != x[i] ? nan : nearest);
    }
}

void ck_round_part(uint16_t *rounded, const float *x, long start, long end) {
    if (rounded != NULL) ck_round_to_bfloat16(rounded + start, x + start, end - start);
}

CK_CLONES void ck_from_bfloat16(float *restrict y, const uint16_t *restrict x, long count) {
    for (long i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}
