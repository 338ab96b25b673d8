public import Collectives

extension Communicator {
    /// Runs `body`, which must not use the group itself, on every rank; a failure on any rank fails all of them with
    /// the same message and exit code.
    public func together<Result>(_ body: () throws -> Result) throws -> Result {
        try together(
            describing: { error in
                let failure = error as? Failure
                return LocalFailure(
                    failure?.description ?? "\(error)", exitCode: failure?.exitCode ?? Failure.Kind.software.rawValue)
            }, body)
    }
}
