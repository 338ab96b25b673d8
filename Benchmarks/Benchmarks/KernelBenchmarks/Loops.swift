import Benchmark
import CKernels

/// The vector loops on the sizes of preset small: 512 tokens in a micro-batch.
func loopBenchmarks() {
    let (rows, hidden, inner, length, vocabulary) = (512, 256, 1024, 128, 30522)

    benchmark("GELU, forward", operations: rows * inner) { ck_gelu_forward($0.b, nil, $0.a, $0.c, rows, inner) }
    benchmark("GELU, backward", operations: rows * inner) {
        ck_gelu_backward($0.b, nil, inner, $0.c, nil, $0.d, $0.a, $0.d + inner, rows, inner)
    }
    benchmark("LayerNorm, forward", operations: rows * hidden) {
        ck_layer_norm_forward(
            $0.b, nil, $0.c, $0.d, $0.a, $0.d + rows, $0.b, $0.keep, 1.1, $0.a, $0.b, 1e-12, rows, hidden)
    }
    benchmark("LayerNorm, backward", operations: rows * hidden) {
        ck_layer_norm_backward(
            $0.b, $0.c, nil, $0.d, $0.d + hidden, $0.d + 2 * hidden, $0.a, $0.a, $0.keep, 1.1, $0.a, rows, hidden)
    }
    benchmark("softmax, forward", operations: length * length) {
        ck_softmax_forward($0.a, $0.b, nil, $0.keep, 1.1, 0.125, length, length)
    }
    benchmark("softmax, backward", operations: length * length) {
        ck_softmax_backward($0.a, nil, $0.c, nil, $0.b, 1.1, 0.125, length, length)
    }
    benchmark("dropout mask", operations: rows * hidden) {
        ck_dropout_mask($0.keep, rows * hidden, 6554, 1, 2, 3, 4, 5)
    }
    benchmark("bias", operations: rows * inner) { ck_fill_rows($0.b, $0.a, rows, inner) }
    benchmark("bias, gradient", operations: rows * inner) { ck_add_column_sums($0.b, $0.a, rows, inner) }
    benchmark("rounding to bf16", operations: rows * inner) {
        ck_round_to_bfloat16($0.halvesA, $0.a, rows * inner)
    }
    benchmark("vocabulary, sample", operations: vocabulary) {
        blackHole(ck_sample_softmax($0.a, vocabulary, 1, 1, -1, 0.999))
    }
    benchmark("vocabulary, cross-entropy", operations: vocabulary) {
        blackHole(ck_cross_entropy($0.c, vocabulary, 1, 7, 1))
    }
    let adam = ck_adam(
        learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, gradient_share1: 0.1, gradient_share2: 0.001, epsilon: 1e-6,
        weight_decay: 0.01, correction1: 1, correction2: 1, gradient_scale: 1)
    benchmark("AdamW", operations: rows * inner) { ck_adam_update($0.a, $0.b, $0.c, $0.d, rows * inner, adam) }
}
