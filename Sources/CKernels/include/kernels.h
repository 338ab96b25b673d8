// The hot loops: plain C that the compiler vectorises, compiled once for each kind of CPU and chosen at run time
// (CK_CLONES in loops.h). No allocation, no branching on what a model is. All matrices are row-major, without gaps but
// where there is a stride.
//
// Names say the accumulation rule as in Swift: `add` in a name accumulates, all else overwrites.
// A `keep` argument is a dropout mask of one byte an element (0 drop, 1 keep), or NULL for no dropout; `rounded` is the
// copy in bf16 of what stands before it, or NULL for none.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Swift calls a function of many arguments by labels, which say what each of them is.
#define CK_LABELS(name) __attribute__((swift_name(name)))

// ---- elementwise.c
void ck_fill(float *x, long count, float value);
void ck_add(float *restrict destination, const float *restrict source, long count);
// Both are rounded to bf16 before.
void ck_add_rounded(float *restrict destination, const float *restrict source, long count);
void ck_sum_of_three(float *restrict y, const float *a, const float *b, const float *c, long count);
void ck_fill_rows(float *restrict y, const float *restrict row, long rows, long columns);
void ck_add_column_sums(float *restrict sums, const float *restrict x, long stride, long rows, long columns);
double ck_sum_of_squares(const float *x, long count);
long ck_count_not_finite(const float *x, long count);

// ---- mappings.c
typedef struct ck_mapping ck_mapping;
ck_mapping *ck_guard_mapping(const void *start, long bytes);
bool ck_mapping_is_cut(const ck_mapping *mapping);
void ck_unguard_mapping(ck_mapping *mapping);

// ---- bfloat16.c
void ck_round_to_bfloat16(uint16_t *restrict y, const float *restrict x, long count);
void ck_from_bfloat16(float *restrict y, const uint16_t *restrict x, long count);

// ---- dropout.c
void ck_dropout_mask(
    uint8_t *keep, long count, uint16_t threshold, uint32_t sequence, uint32_t step, uint32_t site, uint32_t key0,
    uint32_t key1)
    CK_LABELS("ck_dropout_mask(into:count:threshold:sequence:step:site:key0:key1:)");
void ck_dropout_scale(float *x, const uint8_t *keep, float scale, long count);

// ---- gelu.c
void ck_gelu_forward(
    float *restrict y, uint16_t *rounded, const float *restrict x, const float *restrict bias, long rows, long columns);
void ck_gelu_backward(
    float *restrict gradient, uint16_t *rounded_gradient, long gradient_stride, float *restrict y, uint16_t *rounded,
    float *restrict add_bias_gradient, const float *restrict x, const float *restrict bias, long rows, long columns)
    CK_LABELS("ck_gelu_backward(_:rounded:stride:recomputing:roundedOutput:addingBias:x:bias:rows:columns:)");

// ---- layer_norm.c
void ck_layer_norm_forward(
    float *y, uint16_t *rounded, float *restrict normalized, float *restrict inverse_deviation, const float *x,
    const float *bias, const float *residual, const uint8_t *keep, float keep_scale, const float *restrict scale,
    const float *restrict shift, float epsilon, long rows, long columns)
    CK_LABELS("ck_layer_norm_forward(into:rounded:normalized:inverseDeviation:x:bias:residual:keep:keepScale:scale:shift:epsilon:rows:columns:)");
void ck_layer_norm_backward(
    float *restrict gradient, float *restrict dx, uint16_t *rounded, float *restrict add_bias_gradient,
    float *restrict add_scale_gradient, float *restrict add_shift_gradient, const float *restrict normalized,
    const float *restrict inverse_deviation, const uint8_t *keep, float keep_scale, const float *restrict scale,
    long rows, long columns)
    CK_LABELS("ck_layer_norm_backward(_:into:rounded:addingBias:addingScale:addingShift:normalized:inverseDeviation:keep:keepScale:scale:rows:columns:)");

// ---- softmax.c
void ck_softmax_forward(
    float *restrict scores, float *restrict dropped, const uint8_t *keep, float keep_scale, float scale, long rows,
    long columns)
    CK_LABELS("ck_softmax_forward(_:dropped:keep:keepScale:scale:rows:columns:)");
void ck_softmax_backward(
    float *restrict gradient, float *restrict dropped, const float *restrict probabilities, float keep_scale,
    float scale, long rows, long columns)
    CK_LABELS("ck_softmax_backward(_:recomputing:probabilities:keepScale:scale:rows:columns:)");

// ---- vocabulary.c
typedef struct {
    float maximum;
    int32_t argmax;
} ck_row_maximum;
ck_row_maximum ck_maximum(const float *row, long count);
int32_t ck_sample_softmax(const float *row, long count, float maximum, float inverse_temperature, int32_t banned, float uniform);
double ck_cross_entropy(float *row, long count, float maximum, int32_t target, float gradient_scale);
typedef struct {
    double loss, share, log_sum;
} ck_mixture;
ck_mixture ck_mixture_cross_entropy(
    float *row, long count, float maximum, int32_t target, double log_share, double copied, float gradient_scale);

// ---- adam.c
typedef struct {
    float learning_rate, beta1, beta2;
    // 1 - beta, rounded once: 1 - 0.999f in float is off by 1.3e-5.
    float gradient_share1, gradient_share2;
    float epsilon, weight_decay;
    // 1 where bias correction is off, else 1 / (1 - beta^t)
    float correction1, correction2;
    // What every gradient is multiplied by: the clipping factor.
    float gradient_scale;
} ck_adam;
void ck_adam_update(
    float *restrict parameter, float *restrict first_moment, float *restrict second_moment,
    const float *restrict gradient, long count, ck_adam adam);

// ---- lamb.c
typedef struct {
    double parameters, directions;
} ck_lamb_squares;
ck_lamb_squares ck_lamb_moments(
    const float *restrict parameter, float *restrict first_moment, float *restrict second_moment,
    const float *restrict gradient, long count, ck_adam adam);
void ck_lamb_update(
    float *restrict parameter, const float *restrict first_moment, const float *restrict second_moment, long count,
    ck_adam adam);
