// Runs one kernel once, on the shapes of preset small: for scripts/check-instructions, which counts its instructions.
//
//     kernels            prints the names of all kernels and their numbers of elements
//     kernels NAME       runs that one, inside of measured()
#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "kernels.h"
#include "products.h"

enum { rows = 512, side = 64, hidden = 256, inner = 1024, length = 128, vocabulary = 30522 };

static float a[rows * inner], b[rows * inner], c[rows * inner], d[rows * inner], e[inner];
static uint8_t keep[rows * inner];
static const ck_adam adam = {1e-3f, 0.9f, 0.999f, 0.1f, 0.001f, 1e-6f, 0.01f, 1, 1, 1};

static void gelu_forward(void) { ck_gelu_forward(b, NULL, a, c, rows, inner); }
static void gelu_backward(void) { ck_gelu_backward(b, NULL, inner, c, NULL, d, a, e, rows, inner); }
static void layer_norm_forward(void) {
    ck_layer_norm_forward(b, NULL, c, d, a, e, b, keep, 1.1f, a, b, 1e-12f, rows, hidden);
}
static void layer_norm_backward(void) {
    ck_layer_norm_backward(b, c, NULL, e, d, d + hidden, a, a, keep, 1.1f, a, rows, hidden);
}
static void softmax_forward(void) { ck_softmax_forward(a, b, keep, 1.1f, 0.125f, length, length); }
static void softmax_backward(void) { ck_softmax_backward(a, c, b, 1.1f, 0.125f, length, length); }
static void round_to_bfloat16(void) { ck_round_to_bfloat16((uint16_t *)b, a, rows * inner); }
static void dropout_mask(void) { ck_dropout_mask(keep, rows * hidden, 6554, 1, 2, 3, 4, 5); }
static void dropout_scale(void) { ck_dropout_scale(a, keep, 1.1f, rows * hidden); }
static void fill_rows(void) { ck_fill_rows(b, a, rows, hidden); }
static void add_column_sums(void) { ck_add_column_sums(b, a, hidden, rows, hidden); }
static void add(void) { ck_add(b, a, rows * inner); }
static void add_rounded(void) { ck_add_rounded(b, a, rows * inner); }
static void sum_of_squares(void) { c[0] = (float)ck_sum_of_squares(a, rows * inner); }
static void vocabulary_maximum(void) { c[0] = ck_maximum(a, vocabulary).maximum; }
static void vocabulary_sample(void) { c[0] = (float)ck_sample_softmax(a, vocabulary, 1, 1, -1, 0.999f); }
static void vocabulary_cross_entropy(void) { c[0] = (float)ck_cross_entropy(a, vocabulary, 1, 7, 1); }
static void adam_update(void) { ck_adam_update(a, b, c, d, rows * inner, adam); }
static void crc32c(void) { c[0] = (float)ck_crc32c(0, a, sizeof a); }

// In bf16, by the plain C that stands in for newer instructions: callgrind knows none.
static uint16_t halves[3][rows * inner];
static const ck_bf16_matrix left = {halves[0], side, false}, right = {halves[1], side, false};
static void pack_right(void) { ck_pack_right(CK_PLAIN_C, halves[2], (ck_bf16_matrix){halves[1], inner, false}, length, length); }
static void bf16_product(void) {
    ck_bf16_product(CK_PLAIN_C, (ck_product_target){.base = c, .stride = side}, left, right, NULL, side, side, side);
}
static void bf16_product_halves(void) {
    const ck_product_target target = {.rounded = halves[2], .stride = side, .bias = e, .add_column_sums = d};
    ck_bf16_product(CK_PLAIN_C, target, left, right, NULL, side, side, side);
}
static void bf16_product_gelu(void) {
    const ck_gelu_target target = {e, halves[2], halves[2] + side * side};
    ck_bf16_product_gelu(CK_PLAIN_C, target, left, right, NULL, side, side, side);
}
static void bf16_product_gelu_gradient(void) {
    const ck_gelu_gradient_target target = {halves[0], halves[2], side, d};
    ck_bf16_product_gelu_gradient(CK_PLAIN_C, target, left, right, NULL, side, side, side);
}
static void split_product(void) {
    const ck_float_matrix l = {a, side, false}, r = {b, side, false};
    ck_split_product(CK_PLAIN_C, (ck_product_target){.base = c, .stride = side}, l, r, NULL, side, side, side);
}
static void softmax_forward_halves(void) {
    ck_softmax_forward_halves(CK_PLAIN_C, a, halves[0], halves[1], keep, 1.1f, 0.125f, length, length);
}
static void softmax_backward_halves(void) {
    ck_softmax_backward_halves(CK_PLAIN_C, a, halves[0], halves[1], halves[2], 1.1f, 0.125f, length, length);
}

static const struct {
    const char *name;
    void (*run)(void);
    long elements;
} kernels[] = {
    {"gelu_forward", gelu_forward, rows * inner},
    {"gelu_backward", gelu_backward, rows * inner},
    {"layer_norm_forward", layer_norm_forward, rows * hidden},
    {"layer_norm_backward", layer_norm_backward, rows * hidden},
    {"softmax_forward", softmax_forward, length * length},
    {"softmax_backward", softmax_backward, length * length},
    {"round_to_bfloat16", round_to_bfloat16, rows * inner},
    {"softmax_forward_halves", softmax_forward_halves, length * length},
    {"softmax_backward_halves", softmax_backward_halves, length * length},
    {"pack_right", pack_right, length * length},
    {"bf16_product", bf16_product, side * side},
    {"bf16_product_halves", bf16_product_halves, side * side},
    {"bf16_product_gelu", bf16_product_gelu, side * side},
    {"split_product", split_product, side * side},
    {"bf16_product_gelu_gradient", bf16_product_gelu_gradient, side * side},
    {"dropout_mask", dropout_mask, rows * hidden},
    {"dropout_scale", dropout_scale, rows * hidden},
    {"fill_rows", fill_rows, rows * hidden},
    {"add_column_sums", add_column_sums, rows * hidden},
    {"add", add, rows * inner},
    {"add_rounded", add_rounded, rows * inner},
    {"sum_of_squares", sum_of_squares, rows * inner},
    {"vocabulary_maximum", vocabulary_maximum, vocabulary},
    {"vocabulary_sample", vocabulary_sample, vocabulary},
    {"vocabulary_cross_entropy", vocabulary_cross_entropy, vocabulary},
    {"adam_update", adam_update, rows * inner},
    {"crc32c", crc32c, sizeof a},
};

__attribute__((noinline)) void measured(void (*run)(void)) {
    run();
    __asm__ volatile("" ::: "memory");
}

int main(int count, char **words) {
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (count < 2) {
            printf("%s %ld\n", kernels[i].name, kernels[i].elements);
        } else if (strcmp(words[1], kernels[i].name) == 0) {
            for (long i = 0; i < rows * inner; i++) {
                a[i] = (float)(i % 97) / 97;
                b[i] = (float)(i % 89) / 89;
                keep[i] = i % 10 != 0;
            }
            // The first call finds out which version of the loop fits the processor.
            kernels[i].run();
            measured(kernels[i].run);
            return 0;
        }
    }
    return count < 2 ? 0 : 64;
}
