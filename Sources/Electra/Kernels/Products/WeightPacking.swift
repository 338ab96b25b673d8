import CKernels
import COneDNN
import Glibc

/// A weight as the products' kernels read it best (in bf16 and split ours, in Float oneDNN's), made once a step and shared by the lanes.
/// Otherwise each product makes it anew, which costs a fifteenth of it in Float, a quarter in bf16, and half of the
/// generator's way to the vocabulary.
///
/// Whether a product takes it depends on sizes, the CPU and the release of oneDNN, and so the bits do not depend on ranks
/// and lanes. (Most products give the same bits either way; a few are cut into blocks at other places.)
package struct PackedWeight {
    /// For products with the matrix as it is, and with its transpose; nil where it does not help.
    let plain: UnsafeMutableRawPointer?
    let transposed: UnsafeMutableRawPointer?

    /// oneDNN's products with fewer rows have kernels of their own, which take nothing packed.
    static let fewestRows = 16
}

/// Packs the weights of a model, in the precision that products are computed in.
package final class WeightPacking: @unchecked Sendable {
    // Unchecked: lanes write disjoint memory, and `LanePool.run` orders writes before reads.
    private struct Job {
        let weight: MatrixProduct.View
        /// As a right operand, k x n.
        let k: Int
        let n: Int
        let target: UnsafeMutableRawPointer
        let bytes: Int
    }

    private let arena = Arena()
    private let isUsable: Bool
    private var jobs: [Job] = []
    /// Of each lane, the numbers of its jobs.
    package private(set) var shares: [[Int]] = []

    package init(_ precision: ProductPrecision) {
        isUsable = precision != .f32 || MatrixLibrary.usesAVX512 && Self.oneDNNPacks
    }

    package var isEmpty: Bool { jobs.isEmpty }

    /// Room for `weight`, a whole matrix, to be packed into.
    package func add(_ weight: MatrixProduct.View, rows: Int, columns: Int) -> PackedWeight {
        PackedWeight(
            plain: add(weight, k: rows, n: columns), transposed: add(weight.transposed, k: columns, n: rows))
    }

    private func add(_ weight: MatrixProduct.View, k: Int, n: Int) -> UnsafeMutableRawPointer? {
        guard isUsable else { return nil }
        let bytes = weight.packedBytes(k: k, n: n)
        // Padding may take many times a small one, and a quarter of some others, which gain little: not worth the memory.
        let bytesOfNumber = weight.rounded == nil ? MemoryLayout<Float>.size : MemoryLayout<BFloat16>.size
        guard bytes > 0, Double(bytes) < 1.2 * Double(k * n * bytesOfNumber) else { return nil }
        let target = UnsafeMutableRawPointer(arena.array(of: UInt8.self, count: bytes))
        jobs.append(Job(weight: weight, k: k, n: n, target: target, bytes: bytes))
        return target
    }

    /// Shares the weights out among the lanes: the largest first, each to the lane that has least to do.
    package func distribute(lanes: Int) {
        shares = Array(repeating: [], count: lanes)
        var loads = [Int](repeating: 0, count: lanes)
        for job in jobs.indices.sorted(by: { (jobs[$0].bytes, $1) > (jobs[$1].bytes, $0) }) {
            let lane = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) }!
            shares[lane].append(job)
            loads[lane] += jobs[job].bytes
        }
    }

    /// What a lane was given, in bytes.
    package func load(lane: Int) -> Int { shares[lane].reduce(0) { $0 + jobs[$1].bytes } }

    /// Packs those weights that `distribute` gave a lane, as they are now.
    package func pack(lane: Int) { pack(shares[lane]) }

    /// The numbers of what is made of the weights that lie in some elements of a buffer.
    package func weights(in base: UnsafeMutablePointer<Float>, _ elements: Range<Int>) -> [Int] {
        jobs.indices.filter { elements.contains(jobs[$0].weight.base - base) }
    }

    package func pack(_ numbers: [Int]) {
        for number in numbers {
            let job = jobs[number]
            KernelKind.packing.timed(numbers: 2 * job.bytes / MemoryLayout<Float>.size) {
                job.weight.pack(k: job.k, n: job.n, into: job.target)
            }
        }
    }

    /// Whether this release of oneDNN packs as it is expected to: products of small integers are exact, however they are
    /// summed.
    private static let oneDNNPacks: Bool = {
        let (arena, size) = (Arena(), 64)
        func operand(_ period: Int) -> Tensor {
            let tensor = arena.tensor(rows: size, columns: size)
            for place in 0..<tensor.count { tensor.base[place] = Float(place % period - period / 2) }
            return tensor
        }
        let a = operand(7)
        let b = operand(11)
        let right = arena.tensor(rows: size, columns: size)
        let found = arena.tensor(rows: size, columns: size)
        let transposed = b.view.transposed
        let bytes = transposed.packedBytes(k: size, n: size)
        guard bytes > 0 else { return false }
        let target = UnsafeMutableRawPointer(arena.array(of: UInt8.self, count: bytes))
        guard transposed.packByOneDNN(k: size, n: size, into: target) == dnnl_success else { return false }
        var packed = transposed
        packed.packed = PackedWeight(plain: nil, transposed: target)
        MatrixProduct.multiply(into: right.view, a.view, transposed, m: size, n: size, k: size, beta: 0)
        MatrixProduct.multiply(into: found.view, a.view, packed, m: size, n: size, k: size, beta: 0)
        return memcmp(right.base, found.base, right.count * MemoryLayout<Float>.size) == 0
    }()
}

extension MatrixProduct.View {
    private func oneDNNOperand(k: Int, n: Int) -> ed_right_operand {
        ed_right_operand(is_transposed: isTransposed, n: n, k: k, stride: stride)
    }

    /// 0 where packing does not help.
    func packedBytes(k: Int, n: Int) -> Int {
        if isSplit { return ck_split_packed_count(k, n) * MemoryLayout<BFloat16>.size }
        return rounded == nil
            ? ed_packed_bytes(oneDNNOperand(k: k, n: n)) : ck_packed_count(k, n) * MemoryLayout<BFloat16>.size
    }

    func pack(k: Int, n: Int, into target: UnsafeMutableRawPointer) {
        let numbers = target.assumingMemoryBound(to: BFloat16.self)
        if isSplit {
            ck_pack_right_split(BFloat16Product.unit, numbers, floats, k, n)
        } else if let halves {
            ck_pack_right(BFloat16Product.unit, numbers, halves, k, n)
        } else {
            let status = packByOneDNN(k: k, n: n, into: target)
            precondition(status == dnnl_success, "packing a weight: oneDNN status \(status.rawValue)")
        }
    }

    fileprivate func packByOneDNN(k: Int, n: Int, into target: UnsafeMutableRawPointer) -> dnnl_status_t {
        ed_pack(oneDNNOperand(k: k, n: n), base, target)
    }
}
