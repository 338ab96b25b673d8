package import CKernels

/// The kinds of kernels that `electra-dist benchmark` tells apart, and the clock that every kernel's Swift face runs
/// under.
package enum KernelKind: Int, CaseIterable, Sendable {
    case denseProduct, attentionProduct, vocabularyProduct
    case gelu, layerNorm, softmax, dropoutMask, dropout, biasAndSums, embedding, vocabularySoftmax
    case gradientSums, gradientNorm, adam, rounding, packing

    /// As the table calls it.
    package var title: String {
        switch self {
        case .denseProduct: "products of the layers"
        case .attentionProduct: "products of attention"
        case .vocabularyProduct: "products with the vocabulary"
        case .gelu: "GELU"
        case .layerNorm: "LayerNorm, residual, dropout"
        case .softmax: "softmax of attention"
        case .dropoutMask: "dropout masks"
        case .dropout: "dropout, alone"
        case .biasAndSums: "biases and their gradients"
        case .embedding: "embeddings, gather, scatter"
        case .vocabularySoftmax: "vocabulary softmax, samples"
        case .gradientSums: "sums of gradients"
        case .gradientNorm: "gradient norm"
        case .adam: "AdamW"
        case .rounding: "conversions to bf16"
        case .packing: "packing of weights"
        }
    }

    /// Runs a kernel. `numbers` of Float are read or written, and `operations` (multiplications and additions) done.
    @inlinable @inline(__always)
    package func timed<Result>(operations: Int = 0, numbers: Int = 0, _ body: () -> Result) -> Result {
        let start = ck_start_time()
        let result = body()
        ck_stop_time(rawValue, start, Double(operations), Double(numbers * MemoryLayout<Float>.stride))
        return result
    }
}

/// What one thread measured.
package final class KernelTimes: @unchecked Sendable {
    // Unchecked: written by its thread, read when that has stopped working.
    private let table: UnsafeMutablePointer<ck_kernel_time>

    package init() {
        table = .allocate(capacity: KernelKind.allCases.count)
        table.initialize(repeating: ck_kernel_time(), count: KernelKind.allCases.count)
    }

    deinit { table.deallocate() }

    /// From now on the calling thread measures.
    package func start() { ck_set_thread_times(table) }

    package static func stop() { ck_set_thread_times(nil) }

    package subscript(kind: KernelKind) -> ck_kernel_time { table[kind.rawValue] }
}
