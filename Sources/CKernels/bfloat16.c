#include "loops.h"

CK_CLONES void ck_round_to_bfloat16(uint16_t *restrict y, const float *restrict x, long count) {
    for (long i = 0; i < count; i++) y[i] = ck_rounded(x[i]);
}

void ck_round_part(uint16_t *rounded, const float *x, long start, long end) {
    if (rounded != NULL) ck_round_to_bfloat16(rounded + start, x + start, end - start);
}

CK_CLONES void ck_from_bfloat16(float *restrict y, const uint16_t *restrict x, long count) {
    for (long i = 0; i < count; i++) y[i] = ck_widened(x[i]);
}
