#include "loops.h"

// LAMB (Y. You et al., 2020, algorithm 2), in two goes, between which the squares of whole tensors are added up.
//   m = beta1 m + (1 - beta1) g     v = beta2 v + (1 - beta2) g^2     u = c1 m / (sqrt(c2 v) + epsilon) + decay p
//   p -= rate ratio u, ratio = |p| / |u|

CK_INLINE float direction(float p, float m, float v, ck_adam adam) {
    return m * adam.correction1 / (__builtin_elementwise_sqrt(v * adam.correction2) + adam.epsilon)
        + adam.weight_decay * p;
}

CK_CLONES ck_lamb_squares ck_lamb_moments(
    const float *restrict parameter, float *restrict first_moment, float *restrict second_moment,
    const float *restrict gradient, long count, ck_adam adam
) {
    CK_VECTOR_SUMS
    double parameters = 0, directions = 0;
    CK_FOUR_VECTORS
    for (long i = 0; i < count; i++) {
        float g = gradient[i] * adam.gradient_scale;
        float m = adam.beta1 * first_moment[i] + adam.gradient_share1 * g;
        float v = adam.beta2 * second_moment[i] + adam.gradient_share2 * g * g;
        first_moment[i] = m;
        second_moment[i] = v;
        float u = direction(parameter[i], m, v, adam);
        parameters += (double)parameter[i] * (double)parameter[i];
        directions += (double)u * (double)u;
    }
    return (ck_lamb_squares){parameters, directions};
}

// The learning rate is that of the tensor, with its ratio.
CK_CLONES void ck_lamb_update(
    float *restrict parameter, const float *restrict first_moment, const float *restrict second_moment, long count,
    ck_adam adam
) {
    for (long i = 0; i < count; i++)
        parameter[i] -= adam.learning_rate * direction(parameter[i], first_moment[i], second_moment[i], adam);
}
