#define _GNU_SOURCE  // syscall
#include "product_blocks.h"

// Blocks by the CPU's tiles (Intel AMX): eight registers of 16 rows of 64 bytes. Four hold the sums of a block, two each
// the rows of a and the columns of b: as many loads as products, of which a load takes half as long.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CK_AMX __attribute__((target("amx-tile,amx-bf16")))

bool ck_has_tiles(void) { return __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("amx-tile"); }

// Linux gives a process room to save tiles only when it asks (arch_prctl, since 5.16): ARCH_REQ_XCOMP_PERM, feature 18.
bool ck_allow_tiles(void) { return ck_has_tiles() && syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

CK_AMX void ck_configure_tiles(void) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t bytes_of_row[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        shape.bytes_of_row[tile] = 64;
        shape.rows[tile] = ck_tile;
    }
    _tile_loadconfig(&shape);
}

CK_AMX void ck_release_tiles(void) { _tile_release(); }

// Tile registers are named by constants, hence macros.
#define CK_START(i, row, column) \
    do { \
        if (block->adds) _tile_loadd(i, c + row * c_stride + column, c_stride * 4); \
        else _tile_zero(i); \
    } while (0)
#define CK_STORE(i, row, column) _tile_stored(i, c + row * c_stride + column, c_stride * 4)

CK_AMX void ck_multiply_block_tiles(const ck_product_block *block) {
    const uint16_t *a = block->a, *b = block->b;
    float *c = block->c;
    const long a_bytes = 2 * block->a_stride, c_stride = block->c_stride, lower = ck_tile * block->a_stride;
    const bool is_tall = block->row_tiles == 2, is_wide = block->column_tiles == 2;
    const ck_step_pairs pairs = ck_pairs_of(block);
    CK_START(0, 0, 0);
    if (is_wide) CK_START(1, 0, 16);
    if (is_tall) CK_START(2, 16, 0);
    if (is_tall && is_wide) CK_START(3, 16, 16);
    for (long step = 0; step < block->steps; step++, a += pairs.a_step, b += pairs.b_step)
        for (int pair = 0; pair < pairs.count; pair++) {
            const uint16_t *left = a + pairs.a[pair], *right = b + pairs.b[pair];
            _tile_loadd(4, left, a_bytes);
            _tile_loadd(6, right, 64);
            _tile_dpbf16ps(0, 4, 6);
            if (is_wide) {
                _tile_loadd(7, right + ck_tile_numbers, 64);
                _tile_dpbf16ps(1, 4, 7);
            }
            if (!is_tall) continue;
            _tile_loadd(5, left + lower, a_bytes);
            _tile_dpbf16ps(2, 5, 6);
            if (is_wide) _tile_dpbf16ps(3, 5, 7);
        }
    CK_STORE(0, 0, 0);
    if (is_wide) CK_STORE(1, 0, 16);
    if (is_tall) CK_STORE(2, 16, 0);
    if (is_tall && is_wide) CK_STORE(3, 16, 16);
}
#else
bool ck_has_tiles(void) { return false; }
bool ck_allow_tiles(void) { return false; }
void ck_configure_tiles(void) {}
void ck_release_tiles(void) {}
void ck_multiply_block_tiles(const ck_product_block *block) { ck_multiply_block_plain(block); }
#endif
