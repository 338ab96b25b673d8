#include "loops.h"
#include "philox.h"

// keep[e] = 1 where element e stays: its 16 random bits are not below `threshold` (= rate * 65536). They are half e & 1
// (0 the lower) of word (e >> 1) & 3 of counter e >> 3.
CK_CLONES void ck_dropout_mask(
    uint8_t *keep, long count, uint16_t threshold, uint32_t sequence, uint32_t step, uint32_t site, uint32_t key0,
    uint32_t key1
) {
    for (long start = 0; start < count; start += 128) {
        ck_philox_block blocks[16];
        uint16_t halves[128];
        uint8_t group[128];
// Two vectors of counters at a time: each round has to wait for the one before.
#pragma clang loop interleave_count(2)
        for (uint32_t lane = 0; lane < 16; lane++)
            blocks[lane] = ck_philox((uint32_t)(start >> 3) + lane, sequence, step, site, key0, key1);
        memcpy(halves, blocks, sizeof halves);
        for (int e = 0; e < 128; e++) group[e] = halves[e] >= threshold;
        long rest = count - start;
        memcpy(keep + start, group, rest < 128 ? (size_t)rest : 128);
    }
}

CK_CLONES void ck_dropout_scale(float *x, const uint8_t *keep, float scale, long count) {
    for (long i = 0; i < count; i++) x[i] = keep[i] ? x[i] * scale : 0.0f;
}
