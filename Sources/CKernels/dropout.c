#include "loops.h"
#include "philox.h"

// keep[e] = 1 where element e stays: its 16 random bits are not below `threshold` (= rate * 65536).
//
// Elements go in groups of 128: 16 counters x 4 words x 2 halves. Element 16 j + lane of a group takes half (j & 1) of
// word (j >> 1) of counter 16 group + lane, so that every step works on 16 lanes side by side.
CK_CLONES void ck_dropout_mask(
    uint8_t *keep, long count, uint32_t threshold, uint32_t sequence, uint32_t step, uint32_t site, uint32_t key0,
    uint32_t key1
) {
    for (long start = 0; start < count; start += 128) {
        uint32_t word[4][16];
        for (uint32_t lane = 0; lane < 16; lane++) {
            word[0][lane] = (uint32_t)(start >> 3) + lane;
            word[1][lane] = sequence;
            word[2][lane] = step;
            word[3][lane] = site;
        }
        uint32_t round_key0 = key0, round_key1 = key1;
        for (int round = 0; round < 10; round++) {
            for (int lane = 0; lane < 16; lane++) {
                uint64_t product0 = (uint64_t)0xD2511F53u * word[0][lane];
                uint64_t product1 = (uint64_t)0xCD9E8D57u * word[2][lane];
                uint32_t next0 = (uint32_t)(product1 >> 32) ^ word[1][lane] ^ round_key0;
                uint32_t next2 = (uint32_t)(product0 >> 32) ^ word[3][lane] ^ round_key1;
                word[1][lane] = (uint32_t)product1;
                word[3][lane] = (uint32_t)product0;
                word[0][lane] = next0;
                word[2][lane] = next2;
            }
            round_key0 += 0x9E3779B9u;
            round_key1 += 0xBB67AE85u;
        }
        uint8_t group[128];
        for (int j = 0; j < 4; j++)
            for (int lane = 0; lane < 16; lane++) {
                group[32 * j + lane] = (word[j][lane] & 0xFFFFu) >= threshold;
                group[32 * j + 16 + lane] = (word[j][lane] >> 16) >= threshold;
            }
        long rest = count - start;
        memcpy(keep + start, group, rest < 128 ? (size_t)rest : 128);
    }
}

CK_CLONES void ck_dropout_scale(float *x, const uint8_t *keep, float scale, long count) {
    for (long i = 0; i < count; i++) x[i] = keep[i] ? x[i] * scale : 0.0f;
}

CK_CLONES void ck_dropout_copy(float *restrict y, const float *restrict x, const uint8_t *keep, float keep_scale, long count) {
    if (keep == NULL) {
        memcpy(y, x, (size_t)count * sizeof(float));
        return;
    }
    for (long i = 0; i < count; i++) y[i] = keep[i] ? x[i] * keep_scale : 0.0f;
}
