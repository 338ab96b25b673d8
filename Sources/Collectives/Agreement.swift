/// What went wrong on this rank, in words for a person, and the exit code for scripts.
public struct LocalFailure: Sendable, Hashable {
    public let message: String
    public let exitCode: Int32

    public init(_ message: String, exitCode: Int32) {
        self.message = message
        self.exitCode = exitCode
    }
}

/// What went wrong on the first rank that failed, as all ranks know it. Rank 0 prints it; all leave with its code.
public struct AgreedFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let rank: Int
    public let message: String
    public let exitCode: Int32

    public var description: String { message }
}

// A bad file that one rank sees must end all ranks, with one message and one exit code, and no rank left waiting in
// the next collective. So before going on, all say how it went.
extension Communicator {
    /// Nil if no rank failed, else the failure of the lowest rank that did. Costs one small all-reduce when all is well.
    public func agree(on failure: LocalFailure?) throws(MPIError) -> AgreedFailure? {
        let nobody = Int64(size)
        let first = try allReduce(failure == nil ? nobody : Int64(rank), .minimum)
        if first == nobody { return nil }

        let exitCode = try broadcast(failure?.exitCode ?? 0, from: Int(first))
        let message = try broadcast(failure?.message ?? "", from: Int(first))
        return AgreedFailure(rank: Int(first), message: message, exitCode: exitCode)
    }

    /// Runs `body` on every rank, and fails on every rank if it failed on any. `body` must not itself use this group:
    /// a rank that threw would be missing there.
    public func together<Result: ~Copyable>(
        describing describe: (any Error) -> LocalFailure, _ body: () throws -> Result
    ) throws -> Result {
        // An Optional and not Swift.Result, as the closing error has to be the agreed one anyway.
        var result: Result? = nil
        var failure: LocalFailure? = nil
        do { result = try body() } catch { failure = describe(error) }
        if let agreed = try agree(on: failure) { throw agreed }
        return result.take()!
    }
}
