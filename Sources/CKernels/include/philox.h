// Philox 4x32-10, a counter-based random generator: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Four random words are a pure function of a 128-bit counter
// and a 64-bit key, so any rank and any thread can compute any of them, in any order.
#pragma once
#include <stdint.h>

typedef struct {
    uint32_t word[4];
} ck_philox_block;

// Words are kept in the lower halves of 64 bits, where a vector unit multiplies them; what gathers above is not looked
// at. Unrolled and inlined, so that a loop over counters becomes vectors of counters.
static inline __attribute__((always_inline)) ck_philox_block ck_philox(
    uint32_t counter0, uint32_t counter1, uint32_t counter2, uint32_t counter3, uint32_t key0, uint32_t key1
) {
    uint64_t word0 = counter0, word1 = counter1, word2 = counter2, word3 = counter3;
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * (uint32_t)word0;
        uint64_t product1 = (uint64_t)0xCD9E8D57u * (uint32_t)word2;
        word0 = product1 >> 32 ^ word1 ^ key0;
        word2 = product0 >> 32 ^ word3 ^ key1;
        word1 = product1;
        word3 = product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return (ck_philox_block){{(uint32_t)word0, (uint32_t)word1, (uint32_t)word2, (uint32_t)word3}};
}
