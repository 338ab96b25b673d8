import COneDNN
import COpenBLAS
package import ElectraSupport

/// OpenBLAS and its ways, and oneDNN, which takes its place on CPUs with AVX-512.
///
/// OpenBLAS picks its kernels when it is loaded, before `main`, by a list of the CPUs that it knew when it was released. On a
/// newer one it falls back to older kernels, at half the speed and less. OPENBLAS_CORETYPE says otherwise, but is read
/// at that moment only, and so is OPENBLAS_NUM_THREADS: the program has to be started with them.
package struct MatrixLibrary: Codable, Sendable, Equatable {
    /// OpenBLAS's own description, as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64".
    package var description: String
    /// The CPU whose kernels it runs.
    package var kernel: String
    package var threads: Int
    /// The version of oneDNN, which computes small products, and all in Float where it has AVX-512; as "2.6.3".
    package var oneDNN: String
    package var oneDNNHasAVX512: Bool
    /// What multiplies in bf16, as "AMX tiles"; nil where the CPU has no instructions for it.
    package var bfloat16Unit: String?
    /// Whether the CPU has tiles and the system does not let this process use them.
    package var tilesAreForbidden: Bool?

    package init(
        description: String, kernel: String, threads: Int, oneDNN: String, oneDNNHasAVX512: Bool,
        bfloat16Unit: String? = nil, tilesAreForbidden: Bool? = nil
    ) {
        self.description = description
        self.kernel = kernel
        self.threads = threads
        self.oneDNN = oneDNN
        self.oneDNNHasAVX512 = oneDNNHasAVX512
        self.bfloat16Unit = bfloat16Unit
        self.tilesAreForbidden = tilesAreForbidden
    }

    /// Whether oneDNN, in this process, runs AVX-512 kernels; it chooses them by what the CPU has.
    static let usesAVX512 = ed_uses_avx512()

    /// Whether oneDNN computes dense products without AVX-512, too: where OpenBLAS has other kernels, hence other bits, on
    /// other ranks. Set before the first product, by `RunConfiguration.agreeOnKernels`.
    package nonisolated(unsafe) static var usesOneDNNOnly = false

    /// The one that this process has loaded. Does not ask oneDNN, which would then have settled what it uses.
    package static func loaded() -> MatrixLibrary {
        MatrixLibrary(
            description: openblas_get_config().map { String(cString: $0) } ?? "OpenBLAS",
            kernel: openblas_get_corename().map { String(cString: $0) } ?? "unknown",
            threads: Int(openblas_get_num_threads()), oneDNN: oneDNNVersion,
            oneDNNHasAVX512: ProductLevel.own >= .avx512,
            bfloat16Unit: BFloat16Product.isAvailable ? BFloat16Product.unitName : nil,
            tilesAreForbidden: ProductLevel.tilesAreForbidden)
    }

    private static var oneDNNVersion: String {
        guard let version = dnnl_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.patch)"
    }

    /// Lanes are the only parallelism inside a rank. For where OPENBLAS_NUM_THREADS was not set in time.
    package static func useOneThread() { openblas_set_num_threads(1) }

    /// At a thread's first product OpenBLAS takes 128 MiB of addresses, and tries for ever where they are refused (its
    /// blas_memory_alloc): better to fail before. As much again is for what glibc sets aside for a thread.
    package static func requireMemory(threads: Int) throws(Failure) {
        let bytes = threads << 28
        guard PageMemory.isAvailable(bytes: bytes) else {
            throw .usage(
                "matrix products need memory for \(threads) \(threads == 1 ? "thread" : "threads"): "
                    + PageMemory.refusal(of: bytes))
        }
    }

    /// As "OpenBLAS 0.3.21".
    package var version: String { description.split(separator: " ").prefix(2).joined(separator: " ") }

    /// Whether it holds kernels for many CPUs and OPENBLAS_CORETYPE has a say.
    package var choosesKernel: Bool { description.split(separator: " ").contains("DYNAMIC_ARCH") }

    /// Vector instructions, from older to newer.
    package enum VectorLevel: Int, Comparable, Sendable {
        case older, avx2, avx512

        package static func < (left: VectorLevel, right: VectorLevel) -> Bool { left.rawValue < right.rawValue }
    }

    /// What products make use of; nil for a kernel that is not known here, which is best left alone.
    package var vectorLevel: VectorLevel? {
        if oneDNNHasAVX512 { return .avx512 }
        return switch kernel.lowercased() {
        case "skylakex", "cooperlake", "sapphirerapids": .avx512
        case "haswell", "zen", "excavator": .avx2
        case "prescott", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "atom", "nano", "northwood",
            "katmai", "coppermine", "banias", "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "bulldozer",
            "piledriver", "steamroller":
            .older
        default: nil
        }
    }

    /// What products leave unused of the CPU: the level that OpenBLAS should have; nil if all is well.
    package func missedLevel(on processor: Processor) -> VectorLevel? {
        let best: VectorLevel = processor.hasAVX512 ? .avx512 : processor.hasAVX2 ? .avx2 : .older
        guard let vectorLevel, vectorLevel < best else { return nil }
        return best
    }

    /// The kernels of a level, by the name that OPENBLAS_CORETYPE takes.
    package static func kernel(for level: VectorLevel) -> String { level == .avx512 ? "SkylakeX" : "Haswell" }

    /// The variables to start the program again with, so that OpenBLAS runs the best kernels that the CPU can, on one
    /// thread. Empty if it does. Asked again in the program so started it is empty always: nothing loops.
    package func environmentToStartWith(
        on processor: Processor, environment: (String) -> String?
    ) -> [(name: String, value: String)] {
        var changes: [(name: String, value: String)] = []
        // What the user set stays.
        if choosesKernel, environment("OPENBLAS_CORETYPE") == nil, let level = missedLevel(on: processor) {
            changes.append(("OPENBLAS_CORETYPE", Self.kernel(for: level)))
        }
        if threads != 1, environment("OPENBLAS_NUM_THREADS") != "1" {
            changes.append(("OPENBLAS_NUM_THREADS", "1"))
        }
        return changes
    }
}
