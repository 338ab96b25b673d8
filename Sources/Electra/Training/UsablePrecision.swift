import Collectives

extension RunConfiguration {
    /// The precision of the matrix products that this machine gives: bf16 where it was asked for and the CPUs of all
    /// ranks have it, and else f32, with a note. All ranks call it together, and all get the same.
    func usablePrecision(on communicator: Communicator) throws(MPIError) -> ProductPrecision {
        guard precision == ProductPrecision.bf16.rawValue else { return .f32 }
        let lacking = try communicator.allReduce(Int64(BFloat16Product.isAvailable ? 0 : 1), .sum)
        if lacking == 0 { return .bf16 }
        if communicator.rank == 0 {
            let which = communicator.isAlone ? "this CPU" : "the CPU of \(lacking) of \(communicator.size) ranks"
            ProgressLine.note("precision bf16: \(which) has no bf16 instructions (avx512_bf16); going on in f32")
        }
        return .f32
    }
}
