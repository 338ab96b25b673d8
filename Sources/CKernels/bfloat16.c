#include "loops.h"

// bfloat16 is the upper half of a float.

// To the nearest, of two equally near the even one. A NaN stays one, though all its bits may be in the lower half.
CK_CLONES void ck_round_to_bfloat16(uint16_t *restrict y, const float *restrict x, long count) {
    for (long i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        uint32_t nearest = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16, nan = bits >> 16 | 0x40u;
        y[i] = (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : nearest);
    }
}

CK_CLONES void ck_from_bfloat16(float *restrict y, const uint16_t *restrict x, long count) {
    for (long i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}
