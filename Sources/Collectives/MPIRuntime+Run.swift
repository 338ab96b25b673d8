#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension MPIRuntime {
    /// Runs the program's work, and sees to it that no rank waits for one that failed.
    ///
    /// * An `AgreedFailure`, which all ranks have, comes back: MPI then ends in good order, and all leave with its code.
    /// * Any other error is this rank's alone, while the others wait for it in some collective. It prints rank, host
    ///   and cause, and ends all ranks. This has to happen here, inside the life of the runtime: an error that were thrown
    ///   past it would come to MPI_Finalize first, which waits for the others too.
    /// * In a group of one every error is agreed on.
    public borrowing func run<Result: ~Copyable>(
        describing describe: (any Error) -> LocalFailure, _ body: (Communicator) throws -> Result
    ) throws(AgreedFailure) -> Result {
        do {
            return try body(world)
        } catch let failure as AgreedFailure {
            throw failure
        } catch {
            let failure = describe(error)
            if world.isAlone { throw AgreedFailure(rank: 0, message: failure.message, exitCode: failure.exitCode) }
            Self.printError("error on rank \(world.rank) (\(Communicator.hostName)): \(failure.message)")
            Self.abort(failure.exitCode)
        }
    }

    /// One write, so that lines of several ranks do not mix.
    private static func printError(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
