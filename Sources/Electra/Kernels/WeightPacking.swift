import COneDNN

/// A weight in the layouts that oneDNN's kernels read, packed once a step and shared by the lanes; otherwise each product
/// packs it anew, which costs a fifteenth of it, and of products with the vocabulary half.
struct PackedWeight {
    /// For products with the matrix as it is, and with its transpose; nil where packing does not help.
    let plain: UnsafeMutableRawPointer?
    let transposed: UnsafeMutableRawPointer?

    /// For products with fewer rows oneDNN has other kernels, with other roundings, where nothing is packed. Those are
    /// taken then, so that packing never changes a bit.
    static let fewestRows = 16
}

/// Packs the weights of a model, in the precision that products are computed in.
final class WeightPacking: @unchecked Sendable {
    // Unchecked: lanes write disjoint memory, and `LanePool.run` orders writes before reads.
    private struct Job {
        let weight: MatrixProduct.View
        let operand: ed_right_operand
        let target: UnsafeMutableRawPointer
        let numbers: Int
    }

    private let arena = Arena()
    private let isHelpful: Bool
    private var jobs: [Job] = []

    init(_ precision: ProductPrecision) {
        isHelpful = precision == .bf16 ? BFloat16Product.isNative : MatrixLibrary.oneDNNHasAVX512
    }

    /// Room for `weight`, a whole matrix, to be packed into.
    func add(_ weight: MatrixProduct.View, rows: Int, columns: Int) -> PackedWeight {
        PackedWeight(
            plain: add(weight, rows: rows, columns: columns),
            transposed: add(weight.transposed, rows: rows, columns: columns))
    }

    private func add(_ weight: MatrixProduct.View, rows: Int, columns: Int) -> UnsafeMutableRawPointer? {
        guard isHelpful else { return nil }
        let (k, n) = weight.isTransposed ? (columns, rows) : (rows, columns)
        let operand = ed_right_operand(is_transposed: weight.isTransposed, n: n, k: k, stride: weight.stride)
        let bytes = ed_packed_bytes(operand, weight.rounded != nil)
        // Padding may take many times a small one, and a quarter of some others, which gain little: not worth the memory.
        guard bytes > 0, Double(bytes) < 1.2 * Double(rows * columns * weight.bytesOfNumber) else { return nil }
        let target = UnsafeMutableRawPointer(arena.array(of: UInt8.self, count: bytes))
        jobs.append(Job(weight: weight, operand: operand, target: target, numbers: rows * columns))
        return target
    }

    /// Shares the weights out among the lanes: the largest first, each to the lane that has least to do.
    func distribute(lanes: Int) -> [[Int]] {
        var (shares, loads) = ([[Int]](repeating: [], count: lanes), [Int](repeating: 0, count: lanes))
        for job in jobs.indices.sorted(by: { (jobs[$0].numbers, $1) > (jobs[$1].numbers, $0) }) {
            let lane = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) }!
            shares[lane].append(job)
            loads[lane] += jobs[job].numbers
        }
        return shares
    }

    /// Packs those that `distribute` gave a lane, as they are now.
    func pack(_ share: [Int]) {
        for number in share {
            let job = jobs[number]
            KernelKind.packing.timed(numbers: 2 * job.numbers) {
                let status =
                    if let rounded = job.weight.rounded {
                        ed_pack_bf16(job.operand, rounded, job.target)
                    } else {
                        ed_pack_float(job.operand, job.weight.base, job.target)
                    }
                precondition(status == dnnl_success, "packing a weight: oneDNN status \(status.rawValue)")
            }
        }
    }
}

extension MatrixProduct.View {
    fileprivate var bytesOfNumber: Int { rounded == nil ? MemoryLayout<Float>.size : MemoryLayout<BFloat16>.size }
}
