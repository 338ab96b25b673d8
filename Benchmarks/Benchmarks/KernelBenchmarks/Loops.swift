import Benchmark
import CKernels

/// The vector loops on the sizes of preset small: 512 tokens in a micro-batch.
func loopBenchmarks() {
    let (rows, hidden, inner, length, vocabulary) = (512, 256, 1024, 128, 30522)

    benchmark("GELU, forward", operations: rows * inner) { ck_gelu_forward($0.b, nil, $0.a, $0.c, rows, inner) }
    benchmark("GELU, backward", operations: rows * inner) {
        ck_gelu_backward(
            $0.b, rounded: nil, stride: inner, recomputing: $0.c, roundedOutput: nil, addingBias: $0.d, x: $0.a,
            bias: $0.d + inner, rows: rows, columns: inner)
    }
    benchmark("LayerNorm, forward", operations: rows * hidden) {
        ck_layer_norm_forward(
            into: $0.b, rounded: nil, normalized: $0.c, inverseDeviation: $0.d, x: $0.a, bias: $0.d + rows,
            residual: $0.b, keep: $0.keep, keepScale: 1.1, scale: $0.a, shift: $0.b, epsilon: 1e-12, rows: rows,
            columns: hidden)
    }
    benchmark("LayerNorm, backward", operations: rows * hidden) {
        ck_layer_norm_backward(
            $0.b, into: $0.c, rounded: nil, addingBias: $0.d, addingScale: $0.d + hidden,
            addingShift: $0.d + 2 * hidden, normalized: $0.a, inverseDeviation: $0.a, keep: $0.keep, keepScale: 1.1,
            scale: $0.a, rows: rows, columns: hidden)
    }
    benchmark("softmax, forward", operations: length * length) {
        ck_softmax_forward(
            $0.a, dropped: $0.b, keep: $0.keep, keepScale: 1.1, scale: 0.125, rows: length, columns: length)
    }
    benchmark("softmax, backward", operations: length * length) {
        ck_softmax_backward(
            $0.a, recomputing: $0.c, probabilities: $0.b, keepScale: 1.1, scale: 0.125, rows: length,
            columns: length)
    }
    benchmark("dropout mask", operations: rows * hidden) {
        ck_dropout_mask(
            into: $0.keep, count: rows * hidden, threshold: 6554, sequence: 1, step: 2, site: 3, key0: 4, key1: 5)
    }
    benchmark("bias", operations: rows * inner) { ck_fill_rows($0.b, $0.a, rows, inner) }
    benchmark("bias, gradient", operations: rows * inner) { ck_add_column_sums($0.b, $0.a, inner, rows, inner) }
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
