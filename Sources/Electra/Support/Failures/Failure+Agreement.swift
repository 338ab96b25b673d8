package import Collectives

extension LocalFailure {
    /// What went wrong, for the ranks to agree on.
    package init(describing error: any Error) {
        if let failure = error as? Failure {
            self.init(failure.description, exitCode: failure.exitCode)
        } else if let error = error as? MPIError, error.isSilence {
            self.init(
                "\(error); what is saved is safe, start the same command again with the hosts that are left",
                exitCode: Failure.Kind.stoppedEarly.rawValue)
        } else {
            self.init("\(error)", exitCode: Failure.Kind.software.rawValue)
        }
    }
}

extension Communicator {
    /// Runs `body`, which must not use the group itself, on every rank; a failure on any rank fails all of them with
    /// the same message and exit code.
    package func together<Result>(_ body: () throws -> Result) throws -> Result {
        try together(describing: LocalFailure.init(describing:), body)
    }

    /// Fails on every rank if any has another text than rank 0; `refusal` is given rank 0's.
    package func requireSame(_ text: String, _ refusal: (String) -> Failure) throws {
        let first = try broadcast(text, from: 0)
        try together { if text != first { throw refusal(first) } }
    }
}

extension AgreedFailure {
    /// Whether rank 0, which is the first to look, found a file that is not as it was written. What other hosts do not see,
    /// and what the system does not let read, may be sound.
    package var isOfDamage: Bool { rank == 0 && exitCode == Failure.Kind.badData.rawValue }
}
