// CRC-32C, polynomial 0x1EDC6F41, reflected 0x82F63B78, initial value and final complement of all ones.
//
// The crc32 instruction takes 8 bytes with a latency of 3 cycles, so three independent streams keep it busy. The three
// remainders are joined by appending zeros to the earlier ones: a linear map, done by tables
// (the method of Mark Adler's crc32c.c).
#include "crc32c.h"

#include <pthread.h>
#include <string.h>

enum { LONG = 8192, SHORT = 256 };

static const uint32_t polynomial = 0x82F63B78u;
static uint32_t slices[8][256];      // slices[k][b]: remainder of byte b followed by k zero bytes
static uint32_t append_long[4][256];  // what LONG zero bytes make of each byte of a remainder
static uint32_t append_short[4][256]; // the same for SHORT
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t append_zeros(uint32_t crc, size_t count) {
    while (count--) crc = (crc >> 8) ^ slices[0][crc & 0xFF];
    return crc;
}

static void fill(uint32_t table[4][256], size_t zeros) {
    uint32_t of_bit[32];
    for (int bit = 0; bit < 32; bit++) of_bit[bit] = append_zeros(1u << bit, zeros);
    for (int byte = 0; byte < 4; byte++)
        for (int value = 0; value < 256; value++) {
            uint32_t sum = 0;
            for (int bit = 0; bit < 8; bit++)
                if (value >> bit & 1) sum ^= of_bit[8 * byte + bit];
            table[byte][value] = sum;
        }
}

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        slices[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++)
            slices[k][byte] = slices[k - 1][byte] >> 8 ^ slices[0][slices[k - 1][byte] & 0xFF];
    fill(append_long, LONG);
    fill(append_short, SHORT);
}

uint32_t ck_crc32c_portable(uint32_t crc, const void *data, size_t size) {
    pthread_once(&once, make_tables);
    const uint8_t *byte = data;
    crc = ~crc;
    for (; size >= 8; size -= 8, byte += 8) {
        uint32_t low = crc ^ (byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24);
        crc = slices[7][low & 0xFF] ^ slices[6][low >> 8 & 0xFF] ^ slices[5][low >> 16 & 0xFF] ^ slices[4][low >> 24]
            ^ slices[3][byte[4]] ^ slices[2][byte[5]] ^ slices[1][byte[6]] ^ slices[0][byte[7]];
    }
    for (; size > 0; size--) crc = crc >> 8 ^ slices[0][(crc ^ *byte++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

static inline uint32_t shift(uint32_t table[4][256], uint32_t crc) {
    return table[0][crc & 0xFF] ^ table[1][crc >> 8 & 0xFF] ^ table[2][crc >> 16 & 0xFF] ^ table[3][crc >> 24];
}

static inline uint64_t load(const uint8_t *byte) {
    uint64_t word;
    memcpy(&word, byte, 8);
    return word;
}

__attribute__((target("sse4.2")))
static const uint8_t *three_streams(uint64_t *crc, const uint8_t *byte, size_t *size, size_t block, uint32_t table[4][256]) {
    while (*size >= 3 * block) {
        uint64_t first = *crc, second = 0, third = 0;
        for (const uint8_t *end = byte + block; byte < end; byte += 8) {
            first = _mm_crc32_u64(first, load(byte));
            second = _mm_crc32_u64(second, load(byte + block));
            third = _mm_crc32_u64(third, load(byte + 2 * block));
        }
        *crc = shift(table, shift(table, (uint32_t)first) ^ (uint32_t)second) ^ third;
        byte += 2 * block;
        *size -= 3 * block;
    }
    return byte;
}

__attribute__((target("sse4.2")))
static uint32_t hardware(uint32_t start, const uint8_t *byte, size_t size) {
    uint64_t crc = ~start;
    byte = three_streams(&crc, byte, &size, LONG, append_long);
    byte = three_streams(&crc, byte, &size, SHORT, append_short);
    for (; size >= 8; size -= 8, byte += 8) crc = _mm_crc32_u64(crc, load(byte));
    for (; size > 0; size--) crc = _mm_crc32_u8((uint32_t)crc, *byte++);
    return ~(uint32_t)crc;
}
#endif

uint32_t ck_crc32c(uint32_t crc, const void *data, size_t size) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        pthread_once(&once, make_tables);
        return hardware(crc, data, size);
    }
#endif
    return ck_crc32c_portable(crc, data, size);
}
