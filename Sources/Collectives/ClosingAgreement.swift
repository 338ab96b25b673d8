#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a piece of work ends on all ranks, where nobody knows yet how it ended elsewhere.
///
/// A rank that failed cannot ask the others in `agree(on:)`: it may be the only one, and they wait in quite another
/// collective. So it says on a line of its own that it is here, and waits a little. A mistake that all ranks see
/// (a bad option, a missing file) brings all of them here; otherwise the rank knows that it is alone.
public final class ClosingAgreement {
    public enum Outcome: Sendable, Hashable {
        case allWell
        /// All ranks are here, at least one of them with a failure.
        case failed(AgreedFailure)
        /// Somebody did not come: this failure is this rank's own, and has to end the others.
        case alone(LocalFailure)
    }

    private let communicator: Communicator
    /// The lowest rank that failed, as far as this rank knows; as many as there are ranks for none. In place while the
    /// question travels.
    private let firstFailed: UnsafeMutableBufferPointer<Int64>

    /// All ranks call this together, before the work.
    public init(_ communicator: Communicator) throws(MPIError) {
        self.communicator = try communicator.duplicate()
        firstFailed = .allocate(capacity: 1)
        firstFailed.initialize(repeating: Int64(communicator.size))
    }

    deinit { firstFailed.deallocate() }

    /// Once, by every rank that still lives. One without a failure waits for all; one with a failure not longer than
    /// `seconds`.
    public func close(with failure: LocalFailure?, patience seconds: Double) throws(MPIError) -> Outcome {
        if failure != nil { firstFailed[0] = Int64(communicator.rank) }
        var request = try communicator.startAllReduce(firstFailed, .minimum)
        if let failure {
            // Patient in small naps: the cores belong to those who still work.
            var napsLeft = Int(seconds * 1000)
            while try !request.test() {
                if napsLeft == 0 {
                    // MPI keeps the memory, so this object stays.
                    _ = request.release()
                    _ = Unmanaged.passRetained(self)
                    return .alone(failure)
                }
                usleep(1000)
                napsLeft -= 1
            }
        }
        try request.wait()
        if firstFailed[0] == Int64(communicator.size) { return .allWell }
        guard let agreed = try communicator.agree(on: failure) else { return .allWell }
        return .failed(agreed)
    }
}
