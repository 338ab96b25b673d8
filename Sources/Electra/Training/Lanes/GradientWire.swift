import CKernels
package import Collectives
import ElectraKernels

/// In what form sums of gradients travel between ranks. In bf16 every addition along the tree rounds what it adds, within a
/// rank too: so parameters do not depend on who computes what, and a link has half as much to carry.
package enum GradientWire: String, CaseIterable, Sendable {
    case f32, bf16

    package static let fields: [ConfigurationField<Self>] = [
        .init("gradient_wire", \.self, "how sums of gradients travel between ranks: f32, or bf16 in half the bytes")
    ]

    /// Both are sums along the tree, or of one slice.
    func add(_ source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>, count: Int) {
        switch self {
        case .f32: ck_add(destination, source, count)
        case .bf16: ck_add_rounded(destination, source, count)
        }
    }

    package var bytesPerElement: Int { self == .f32 ? MemoryLayout<Float>.size : MemoryLayout<BFloat16>.size }

    package var summation: Summation {
        switch self {
        case .f32: Summation { ck_add($0, $1, $2) }
        case .bf16:
            Summation(
                roundingBoth: { ck_add_rounded($0, $1, $2) }, narrow: { ck_round_to_bfloat16($0, $1, $2) },
                widen: { ck_from_bfloat16($0, $1, $2) })
        }
    }
}
