// Runs every kernel that computes with Floats from two libraries, compiled of the same sources for different CPUs, on the same
// numbers, and compares all bits: compare-levels ONE.so OTHER.so
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "products.h"

enum { rows = 3, most_columns = 30522, matrices = 14 };

// A library's kernel, called by its own name.
static void *library;
#define KERNEL(name) ((__typeof__(&name))dlsym(library, #name))

// Numbers from -2 to 2, always the same.
static void fill(float *x, long count) {
    uint32_t state = 1;
    for (long i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) / (float)(1 << 22) - 2.0f;
    }
}

typedef struct {
    float x[matrices][rows * most_columns];
    uint16_t rounded[rows * most_columns], halves[4][rows * most_columns];
    uint8_t keep[rows * most_columns];
    double sums[2];
    int32_t drawn[16];
    float deviation[rows];
} results;

static void compute(results *m, long columns) {
    const long count = rows * columns;
    memset(m, 0, sizeof *m);
    fill(m->x[0], matrices * (long)rows * most_columns);
    for (long i = 0; i < count; i++) m->keep[i] = m->x[0][i] > -1.6f;

    m->sums[0] = KERNEL(ck_sum_of_squares)(m->x[0], count);
    for (int i = 0; i < 16; i++)
        m->drawn[i] = KERNEL(ck_sample_softmax)(m->x[0], columns, 2, 1.5f, i % 2 ? 0 : -1, (float)i / 16);
    KERNEL(ck_softmax_forward)(m->x[0], m->x[1], m->keep, 1.1f, 0.3f, rows, columns);
    KERNEL(ck_softmax_backward)(m->x[2], m->x[1], m->x[0], 1.1f, 0.3f, rows, columns);
    m->sums[1] = KERNEL(ck_cross_entropy)(m->x[3], columns, 2, (int32_t)(columns / 2), 0.25f);
    KERNEL(ck_layer_norm_forward)(
        m->x[4], m->rounded, m->x[5], m->deviation, m->x[6], m->x[7], m->x[8], m->keep, 1.1f, m->x[9], m->x[10], 1e-12f,
        rows, columns);
    KERNEL(ck_layer_norm_backward)(
        m->x[6], m->x[8], NULL, m->x[7], m->x[11], m->x[10], m->x[5], m->deviation, m->keep, 1.1f, m->x[9], rows, columns);
    KERNEL(ck_gelu_forward)(m->x[12], NULL, m->x[4], m->x[9], rows, columns);
    KERNEL(ck_gelu_backward)(m->x[2], NULL, columns, m->x[1], NULL, m->x[11], m->x[4], m->x[9], rows, columns);
    KERNEL(ck_add_column_sums)(m->x[7], m->x[6], columns, rows, columns);
    const ck_adam adam = {
        .learning_rate = 1e-3f, .beta1 = 0.9f, .beta2 = 0.999f, .gradient_share1 = 0.1f, .gradient_share2 = 0.001f,
        .epsilon = 1e-6f, .weight_decay = 0.01f, .correction1 = 1, .correction2 = 1, .gradient_scale = 0.7f};
    for (long i = 0; i < count; i++) m->x[3][i] *= m->x[3][i];
    // In bf16, by the stand-in for units that multiply it.
    KERNEL(ck_round_to_bfloat16)(m->halves[0], m->x[9], count);
    const ck_bf16_matrix a = {m->halves[0], rows, false}, b = {m->halves[0], columns, false};
    const ck_gelu_target gelu = {m->x[8], m->halves[1], m->halves[2]};
    const ck_gelu_gradient_target gradient = {m->halves[1], m->halves[3], columns, m->x[8]};
    KERNEL(ck_bf16_product_gelu)(CK_PLAIN_C, gelu, a, b, NULL, rows, columns, rows);
    KERNEL(ck_bf16_product_gelu_gradient)(CK_PLAIN_C, gradient, a, b, NULL, rows, columns, rows);
    const ck_product_target product = {.base = m->x[13], .stride = columns};
    const ck_float_matrix left = {m->x[9], rows, false}, right = {m->x[9], columns, false};
    KERNEL(ck_split_product)(CK_PLAIN_C, product, left, right, NULL, rows, columns, rows);
    KERNEL(ck_softmax_forward_halves)(
        CK_PLAIN_C, m->x[4], m->halves[1], m->halves[0], m->keep, 1.1f, 0.3f, rows, columns);
    KERNEL(ck_softmax_backward_halves)(
        CK_PLAIN_C, m->x[2], m->halves[2], m->halves[0], m->halves[1], 1.1f, 0.3f, rows, columns);
    KERNEL(ck_adam_update)(m->x[13], m->x[12], m->x[3], m->x[6], count, adam);
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "two libraries are expected\n"), 64;
    static const long widths[] = {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 76, 100, 127, 128, 129, 256, 300, 512, 768, 1024, 8000, 30522};
    results *one = malloc(sizeof *one), *other = malloc(sizeof *other);
    int differences = 0;
    void *libraries[2];
    for (int i = 0; i < 2; i++)
        if (!(libraries[i] = dlopen(arguments[1 + i], RTLD_NOW | RTLD_LOCAL))) return fprintf(stderr, "%s\n", dlerror()), 70;
    for (unsigned w = 0; w < sizeof widths / sizeof *widths; w++) {
        library = libraries[0], compute(one, widths[w]);
        library = libraries[1], compute(other, widths[w]);
        if (memcmp(one, other, sizeof *one) == 0) continue;
        differences++;
        printf("rows of %ld: other bits\n", widths[w]);
    }
    printf("%u widths, %d with other bits\n", (unsigned)(sizeof widths / sizeof *widths), differences);
    return differences > 0;
}
