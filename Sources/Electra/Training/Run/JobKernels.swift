package import Collectives
package import ElectraKernels
import ElectraSupport

/// What all ranks of a job compute with, and a fingerprint of the bits that it gives.
package struct JobKernels {
    package let precision: ProductPrecision
    /// As "f32 with AVX-512, by oneDNN 2.6.3".
    package let description: String
    package let fingerprint: String

    /// Of a process that is alone, and leaves nothing that another would have to compute again.
    package static let alone = JobKernels(precision: .f32, description: "", fingerprint: "")
}

extension JobKernels {
    /// `asked` is the precision of the products that the run wants; `probe` computes a little in a precision, and returns a
    /// fingerprint of the bits. All ranks call it together before their first product: which rank computes a sequence must not show in the result.
    /// CPUs of different kinds are held to the instructions that all have, with a note; what still gives other bits
    /// somewhere (another release of a library) is refused.
    package static func agree(
        on asked: ProductPrecision, over communicator: Communicator, probe: (ProductPrecision) -> UInt64
    ) throws -> JobKernels {
        let library = MatrixLibrary.loaded()
        let (least, most) = try ProductLevel.own.extremes(over: communicator)
        if least < most {
            try communicator.together {
                if !least.holdProducts() {
                    throw Failure.software("products were computed before ranks agreed on kernels")
                }
            }
        }
        let kernels = try communicator.allGather("\(library.version) \(library.kernel)")
        if Set(kernels).count > 1 { MatrixLibrary.usesOneDNNOnly = true }
        let precision = try usablePrecision(asked, over: communicator)
        if communicator.rank == 0, least < most, least < .avx512 || precision != .f32 {
            ProgressLine.note(
                "note: the CPUs of this job differ (\(least.name) to \(most.name)); all ranks compute with \(least.name), "
                    + "which all have")
        }
        let usesOpenBLAS = least < .avx512 && !MatrixLibrary.usesOneDNNOnly
        // No product in f32 uses what came after AVX-512.
        let level = precision == .f32 ? min(least, .avx512) : least
        let description =
            "\(precision.rawValue) with \(level.name), \(precision == .f32 ? "" : "in f32 ")by oneDNN \(library.oneDNN)"
            + (usesOpenBLAS ? " and \(library.version) (\(library.kernel))" : "")
        try communicator.together { try MatrixLibrary.requireMemory(threads: 1) }
        let fingerprint = zeroPadded(probe(precision), to: 16, radix: 16)
        try communicator.refuseOtherBits(fingerprint, "\(Processor.read().model), \(description)")
        return JobKernels(precision: precision, description: description, fingerprint: fingerprint)
    }

    /// The precision of the matrix products that the machines give: what was asked for, where the CPUs of all ranks have
    /// it, and else f32, with a note.
    private static func usablePrecision(
        _ asked: ProductPrecision, over communicator: Communicator
    ) throws(MPIError) -> ProductPrecision {
        if asked == .f32 { return .f32 }
        let lacking = try communicator.allReduce(Int64(asked.isAvailable ? 0 : 1), .sum)
        if lacking == 0 { return asked }
        if communicator.rank == 0 {
            let which = communicator.isAlone ? "this CPU" : "the CPU of \(lacking) of \(communicator.size) ranks"
            ProgressLine.note("precision \(asked.rawValue): \(which) has no \(asked.instructions); going on in f32")
        }
        return .f32
    }
}

extension ProductLevel {
    fileprivate func extremes(
        over communicator: Communicator
    ) throws(MPIError) -> (least: ProductLevel, most: ProductLevel) {
        func found(_ operation: ReductionOperation) throws(MPIError) -> ProductLevel {
            ProductLevel(rawValue: Int(try communicator.allReduce(Int64(rawValue), operation))) ?? self
        }
        return (try found(.minimum), try found(.maximum))
    }
}

extension Communicator {
    /// Fails on all ranks where one of them has another fingerprint than rank 0.
    fileprivate func refuseOtherBits(_ fingerprint: String, _ description: String) throws {
        let fingerprints = try allGather(fingerprint)
        guard let other = fingerprints.firstIndex(where: { $0 != fingerprints[0] }) else { return }
        let places = try allGather("rank \(rank) on \(Communicator.hostName) (\(description))")
        try together {
            throw Failure.usage(
                "\(places[0]) and \(places[other]) compute other bits: the result would depend on who computes what; use "
                    + "hosts of one kind with the same libraries, and set ONEDNN_MAX_CPU_ISA and OPENBLAS_CORETYPE on all or "
                    + "on none (electra-dist doctor, started the same way, shows what differs)")
        }
    }
}
