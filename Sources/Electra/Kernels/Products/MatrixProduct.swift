import CKernels
import COneDNN
import COpenBLAS
import ElectraSupport

/// Matrix products, single-threaded: lanes are the only parallelism inside a rank.
package enum MatrixProduct {
    /// A matrix inside a larger one: row `r` starts at `base + r * stride`; read as its transpose where it says so.
    package struct View {
        package let base: UnsafeMutablePointer<Float>
        let hasFloats: Bool
        /// The same place of the copy in bf16.
        package let rounded: UnsafeMutablePointer<BFloat16>?
        let isSplit: Bool
        package let stride: Int
        var isTransposed = false
        /// Of a whole weight, in bf16 where that has a copy in it.
        package var packed: PackedWeight?

        package init(
            base: UnsafeMutablePointer<Float>, hasFloats: Bool = true, rounded: UnsafeMutablePointer<BFloat16>?,
            isSplit: Bool = false, stride: Int, isTransposed: Bool = false, packed: PackedWeight? = nil
        ) {
            self.base = base
            self.hasFloats = hasFloats
            self.rounded = rounded
            self.isSplit = isSplit
            self.stride = stride
            self.isTransposed = isTransposed
            self.packed = packed
        }

        var transposed: View {
            View(
                base: base, hasFloats: hasFloats, rounded: rounded, isSplit: isSplit, stride: stride,
                isTransposed: !isTransposed, packed: packed)
        }

        /// For products with this as their right side.
        var packedRightSide: UnsafeMutableRawPointer? { isTransposed ? packed?.transposed : packed?.plain }
    }

    /// c = a b + beta c, where a is m x k, b is k x n and c is m x n, and beta is 0 or 1; in bf16 where both operands have a
    /// copy in it, and split where both are to be. The sums of c's columns are added to `columnSums`.
    static func multiply(
        into c: View, _ a: View, _ b: View, m: Int, n: Int, k: Int, beta: Float,
        addingColumnSums columnSums: UnsafeMutablePointer<Float>? = nil, as kind: KernelKind = .denseProduct
    ) {
        guard m > 0, n > 0 else { return }
        func timed(_ body: () -> Void) {
            kind.timed(operations: 2 * m * n * k, numbers: m * k + k * n + m * n, body)
        }
        if let halvesOfA = a.halves, let halvesOfB = b.halves {
            return timed {
                BFloat16Product.multiply(
                    into: c.halfTarget(adds: beta != 0, addingColumnSums: columnSums), halvesOfA, halvesOfB,
                    packed: b.packedRightSide, m: m, n: n, k: k)
            }
        }
        // Attention's are too small for that: splitting takes as long as the product.
        if a.isSplit && b.isSplit && kind != .attentionProduct {
            return timed {
                SplitProduct.multiply(
                    into: c, a, b, m: m, n: n, k: k, adds: beta != 0, addingColumnSums: columnSums)
            }
        }
        timed {
            if kind == .denseProduct && !MatrixLibrary.usesAVX512 && !MatrixLibrary.usesOneDNNOnly {
                byOpenBLAS(into: c, a, b, m: m, n: n, k: k, beta: beta)
            } else {
                byOneDNN(into: c, a, b, m: m, n: n, k: k, beta: beta)
            }
        }
        if let columnSums {
            KernelKind.biasAndSums.timed(numbers: m * n) { ck_add_column_sums(columnSums, c.base, c.stride, m, n) }
        }
    }

    static func byOpenBLAS(into c: View, _ a: View, _ b: View, m: Int, n: Int, k: Int, beta: Float) {
        cblas_sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            Int32(m), Int32(n), Int32(k), 1, a.base, Int32(a.stride), b.base, Int32(b.stride), beta, c.base,
            Int32(c.stride))
    }

    /// With AVX-512 oneDNN is the faster one for all sizes: a twentieth with the layers of preset small, an eighth with
    /// those of its generator. Without, it is so where it reads matrices as they lie, which OpenBLAS copies first: a quarter
    /// with heads of 64, a tenth with the vocabulary; with the layers' sizes it is no faster then, and much slower for the
    /// weights' gradients.
    private static func byOneDNN(into c: View, _ a: View, _ b: View, m: Int, n: Int, k: Int, beta: Float) {
        let status =
            if b.rounded == nil, !b.isSplit, m >= PackedWeight.fewestRows, let packed = b.packedRightSide {
                ed_float_product_with_packed(a.isTransposed, m, n, k, a.base, a.stride, packed, beta, c.base, c.stride)
            } else {
                ed_float_product(
                    a.isTransposed, b.isTransposed, m, n, k, a.base, a.stride, b.base, b.stride, beta, c.base, c.stride)
            }
        precondition(status == dnnl_success, "product of \(m) x \(k) x \(n): oneDNN status \(status.rawValue)")
    }
}

extension Tensor {
    package var view: MatrixProduct.View {
        MatrixProduct.View(
            base: base, hasFloats: hasFloats, rounded: rounded, isSplit: isSplit, stride: stride, packed: packed)
    }

    /// `columns` columns from `column` on, from row `row` on.
    package func block(row: Int, column: Int) -> MatrixProduct.View {
        let offset = row * stride + column
        return MatrixProduct.View(
            base: base + offset, hasFloats: hasFloats, rounded: rounded.map { $0 + offset }, isSplit: isSplit,
            stride: stride)
    }

    /// The memory as a matrix with rows of another length.
    package func view(stride: Int) -> MatrixProduct.View {
        MatrixProduct.View(base: base, hasFloats: hasFloats, rounded: rounded, isSplit: isSplit, stride: stride)
    }
}

extension MatrixProduct {
    /// Multiplications and additions a second in a product of the encoder's kind: the ceiling that a step is held
    /// against, with rows that do not compete for places of the cache (`Arena.factor`) and, but for f32, a packed weight. The
    /// buffers hold a million numbers or more each.
    package static func operationsPerSecond(
        in source: FlatBuffer, into target: FlatBuffer, _ precision: ProductPrecision = .f32
    ) -> Double {
        let (m, n, k) = (512, 1024, 256)
        let halves = precision == .bf16 ? source.halves : nil
        let isSplit = precision == .bf16x3
        let a = View(base: source.base, rounded: halves, isSplit: isSplit, stride: k)
        var b = View(base: source.base + m * k, rounded: halves.map { $0 + m * k }, isSplit: isSplit, stride: n + 16)
        let memory = PageMemory(bytes: max(b.packedBytes(k: k, n: n), 64))
        if precision != .f32 {
            b.pack(k: k, n: n, into: memory.start)
            b.packed = PackedWeight(plain: memory.start, transposed: nil)
        }
        let c = View(base: target.base, rounded: nil, stride: n + 16)
        return 2 * Double(m * n * k)
            * Stopwatch.callsPerSecond(for: 0.3) {
                multiply(into: c, a, b, m: m, n: n, k: k, beta: 0)
                withExtendedLifetime(memory) {}
            }
    }
}
