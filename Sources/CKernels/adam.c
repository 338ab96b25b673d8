#include "loops.h"

// The reference's Adam (google-research/electra, model/optimization.py:103-137): epsilon outside the root, weight decay
// decoupled from the moments; bias correction only where the caller asks for it.
//   m = beta1 m + (1 - beta1) g     v = beta2 v + (1 - beta2) g^2
//   p -= rate (c1 m / (sqrt(c2 v) + epsilon) + decay p)
CK_CLONES void ck_adam_update(
    float *restrict parameter, float *restrict first_moment, float *restrict second_moment,
    const float *restrict gradient, long count, ck_adam adam
) {
    for (long i = 0; i < count; i++) {
        float g = gradient[i] * adam.gradient_scale;
        float m = adam.beta1 * first_moment[i] + adam.gradient_share1 * g;
        float v = adam.beta2 * second_moment[i] + adam.gradient_share2 * g * g;
        first_moment[i] = m;
        second_moment[i] = v;
        float update = m * adam.correction1 / (__builtin_elementwise_sqrt(v * adam.correction2) + adam.epsilon);
        parameter[i] -= adam.learning_rate * (update + adam.weight_decay * parameter[i]);
    }
}
