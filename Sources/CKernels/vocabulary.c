#include "loops.h"

// A row of logits over the vocabulary is walked in blocks: partial sums within a block in float, over blocks in double.
enum { most_blocks = 1024 };

CK_INLINE long block_size(long count) {
    long size = (count + most_blocks - 1) / most_blocks;
    return size < 256 ? 256 : size;
}

// The largest element, and the first place where it stands.
CK_CLONES ck_row_maximum ck_maximum(const float *row, long count) {
    float maximum = ck_row_largest(row, count);
    long place = 0;
    while (place < count - 1 && !(row[place] == maximum)) place++;
    return (ck_row_maximum){maximum, (int32_t)place};
}

CK_INLINE float block_sum(const float *row, long begin, long end, float maximum, float inverse_temperature) {
    CK_VECTOR_SUMS
    float sum = 0;
    CK_FOUR_VECTORS
    for (long i = begin; i < end; i++) sum += ck_exp((row[i] - maximum) * inverse_temperature);
    return sum;
}

// One draw from softmax(row * inverse_temperature) by inversion of the cumulative distribution: the first index whose
// cumulative weight exceeds uniform * total. `banned` (or -1) is never drawn.
CK_CLONES int32_t ck_sample_softmax(
    const float *row, long count, float maximum, float inverse_temperature, int32_t banned, float uniform
) {
    float sums[most_blocks];
    long size = block_size(count), blocks = (count + size - 1) / size;
    double total = 0;
    for (long b = 0; b < blocks; b++) {
        long begin = b * size, end = begin + size < count ? begin + size : count;
        // Summed around the banned token: subtracting its weight would leave only rounding where it has nearly all.
        long gap = banned >= begin && banned < end ? banned : end;
        sums[b] = block_sum(row, begin, gap, maximum, inverse_temperature)
            + block_sum(row, gap + 1, end, maximum, inverse_temperature);
        total += sums[b];
    }
    double left = (double)uniform * total;
    long block = 0;
    while (block < blocks - 1 && left >= sums[block]) left -= sums[block++];
    long begin = block * size, end = begin + size < count ? begin + size : count;
    long drawn = -1;
    for (long i = begin; i < end; i++) {
        if (i == banned) continue;
        float weight = ck_exp((row[i] - maximum) * inverse_temperature);
        // Where rounding carries the search to the end of the block, a token without weight is still not drawn.
        if (weight > 0) drawn = i;
        left -= weight;
        if (left < 0) break;
    }
    return (int32_t)(drawn >= 0 ? drawn : (banned + 1) % count);
}

// Turns the row into exp(row - maximum), and returns the sum.
CK_INLINE double exponentials(float *row, long count, float maximum) {
    CK_VECTOR_SUMS
    double total = 0;
    long size = block_size(count);
    for (long begin = 0; begin < count; begin += size) {
        long end = begin + size < count ? begin + size : count;
        float sum = 0;
        CK_FOUR_VECTORS
        for (long i = begin; i < end; i++) {
            row[i] = ck_exp(row[i] - maximum);
            sum += row[i];
        }
        total += sum;
    }
    return total;
}

// Returns -log softmax(row)[target] and turns the row into its gradient: gradient_scale (softmax(row) - onehot(target)).
CK_CLONES double ck_cross_entropy(float *row, long count, float maximum, int32_t target, float gradient_scale) {
    double target_logit = row[target];
    double total = exponentials(row, count, maximum);
    float scale = (float)(gradient_scale / total);
    for (long i = 0; i < count; i++) row[i] *= scale;
    row[target] -= gradient_scale;
    return log(total) + maximum - target_logit;
}

// The same of p = copied + exp(log_share) softmax(row)[target]: -log p; the share that the softmax has in p, with which the
// gradient is multiplied; and log sum exp of the row.
CK_CLONES ck_mixture ck_mixture_cross_entropy(
    float *row, long count, float maximum, int32_t target, double log_share, double copied, float gradient_scale
) {
    double target_logit = row[target];
    double total = exponentials(row, count, maximum);
    double log_sum = log(total) + maximum;
    double log_softmax = log_share + target_logit - log_sum;
    // Where nothing is copied it may be too small for a number that is no logarithm.
    double p = copied + exp(log_softmax);
    double share = copied > 0 ? exp(log_softmax) / p : 1;
    float scale = (float)(gradient_scale * share / total);
    for (long i = 0; i < count; i++) row[i] *= scale;
    row[target] -= (float)(gradient_scale * share);
    return (ck_mixture){copied > 0 ? -log(p) : -log_softmax, share, log_sum};
}
