// Products of bf16 matrices with sums in float, by the CPU's tiles (AMX), its AVX-512 bf16 instructions, or plain C.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Who multiplies, from the slowest to the fastest. Sums run over k in the order that the instructions have: other units
// give other bits.
typedef enum { CK_PLAIN_C, CK_AVX512_BF16, CK_TILES } ck_product_unit;

// Whether the CPU has the instructions. `ck_allow_tiles` asks the kernel, which has to allow tiles once a process; false
// where it does not.
bool ck_has_avx512_bf16(void);
bool ck_has_tiles(void);
bool ck_allow_tiles(void);

// A matrix in bf16: row r starts at base + r * stride; read as its transpose where it says so.
typedef struct {
    const uint16_t *base;
    long stride;
    bool is_transposed;
} ck_bf16_matrix;

// The right operand of products, k x n, as the instructions read it: panels of 32 columns, both sizes rounded up to
// 32 with zeros (the layout is in product_blocks.h). So many numbers:
long ck_packed_count(long k, long n);
void ck_pack_right(ck_product_unit unit, uint16_t *packed, ck_bf16_matrix b, long k, long n);

// Where a product goes: m x n numbers, rows a stride apart; added to what is there where `adds`.
typedef struct {
    float *base;
    long stride;
    bool adds;
} ck_product_target;

// c = a b, or c += a b: a is m x k, b is k x n. `packed` is b as ck_pack_right leaves it, or NULL.
void ck_bf16_product(
    ck_product_unit unit, ck_product_target c, ck_bf16_matrix a, ck_bf16_matrix b, const uint16_t *packed, long m,
    long n, long k);
