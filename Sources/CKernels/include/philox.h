// Philox 4x32-10, a counter-based random generator: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Four random words are a pure function of a 128-bit counter
// and a 64-bit key, so any rank and any thread can compute any of them, in any order.
#pragma once
#include <stdint.h>

typedef struct {
    uint32_t word[4];
} ck_philox_block;

static inline ck_philox_block ck_philox(
    uint32_t counter0, uint32_t counter1, uint32_t counter2, uint32_t counter3, uint32_t key0, uint32_t key1
) {
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * counter0;
        uint64_t product1 = (uint64_t)0xCD9E8D57u * counter2;
        uint32_t next0 = (uint32_t)(product1 >> 32) ^ counter1 ^ key0;
        uint32_t next2 = (uint32_t)(product0 >> 32) ^ counter3 ^ key1;
        counter0 = next0;
        counter1 = (uint32_t)product1;
        counter2 = next2;
        counter3 = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return (ck_philox_block){{counter0, counter1, counter2, counter3}};
}
