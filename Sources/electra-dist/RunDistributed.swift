import ArgumentParser
import Collectives
import ElectraOperations
import ElectraSupport
import Glibc

/// Runs the body of a command on all ranks, under `mpirun` or `srun` or alone, and ends it so that no rank waits for
/// one that failed:
///
/// * A failure that all ranks come with is printed once, by rank 0; MPI ends in good order, all leave with its code.
/// * A failure of one rank, while the others wait for it in some collective, is printed by that rank and ends all.
///
/// To agree on a failure earlier, in the body: `communicator.together { ... }`.
///
/// A process that is alone though its launcher started several is refused: all of them would write the same files.
func runDistributed(_ body: (Communicator) throws -> Void) throws {
    // Before MPI starts, which sets such variables itself.
    let announcement = LaunchAnnouncement.read(environment: environmentVariable)
    try runDistributedEvenIfStray { world in
        if world.isAlone, let announcement, announcement.isOfSeveral {
            throw Failure.usage(
                announcement.problem + "; " + announcement.remedy(mpiLibrary: MPIRuntime.libraryName)
                    + "; electra-dist doctor, started the same way, tells more")
        }
        try body(world)
    }
}

/// The same without that refusal.
func runDistributedEvenIfStray(_ body: (Communicator) throws -> Void) throws {
    // Whoever trains does not stop because nobody reads any more.
    signal(SIGPIPE, SIG_IGN)

    let code: Int32
    do {
        // MPI ends with the runtime, at the end of this block: before the exit code is thrown.
        let runtime = try MPIRuntime.initialize()
        code = runToTheEnd(runtime, body)
    } catch {
        // MPI did not start, so there is nobody to agree with.
        Failure.report("\(error)")
        code = Failure.Kind.software.rawValue
    }
    if code != 0 { throw ExitCode(code) }
}

/// How long a rank that failed waits for the others to come with theirs.
private let patience = 5.0

private func runToTheEnd(_ runtime: borrowing MPIRuntime, _ body: (Communicator) throws -> Void) -> Int32 {
    do {
        try runtime.run(describing: LocalFailure.init(describing:)) { world in
            let closing = try ClosingAgreement(world)
            var failure: LocalFailure? = nil
            do {
                try checkThatAllWereStartedAlike(world)
                try body(world)
            } catch let error as AgreedFailure {
                throw error
            } catch let error as Failure {
                failure = LocalFailure(describing: error)
            } catch {
                // MPI failed, or a mistake of the program: nothing that all ranks could have seen.
                endAllRanks(LocalFailure(describing: error), world)
            }
            switch try closing.close(with: failure, patience: patience) {
            case .allWell: return
            case .failed(let agreed): throw agreed
            case .alone(let failure): endAllRanks(failure, world)
            }
        }
        fflush(nil)
        return 0
    } catch {
        // All ranks are here.
        fflush(nil)
        let place = place(of: error, in: runtime.world)
        if runtime.world.rank == 0 { Failure.report(error.message + place, exitCode: error.exitCode) }
        return error.exitCode
    }
}

/// Before anything that other versions may do otherwise.
private func checkThatAllWereStartedAlike(_ world: Communicator) throws {
    if world.isAlone { return }
    let mine = RankCommand(
        version: programVersion, words: Array(CommandLine.arguments.dropFirst()), host: Communicator.hostName)
    if let refusal = RankCommand.refusal(of: try world.allGather(mine.text).map(RankCommand.init(text:))) {
        throw refusal
    }
}

/// Where it happened, as far as that matters: what rank 0 saw is most likely what all saw.
private func place(of failure: AgreedFailure, in world: Communicator) -> String {
    if failure.rank == 0 { return "" }
    let host = (try? world.broadcast(Communicator.hostName, from: failure.rank)) ?? "unknown"
    return " (on rank \(failure.rank), host \(host))"
}

private func endAllRanks(_ failure: LocalFailure, _ world: Communicator) -> Never {
    let place = world.isAlone ? "" : " (on rank \(world.rank), host \(Communicator.hostName))"
    Failure.report(failure.message + place, exitCode: failure.exitCode)
    MPIRuntime.abort(failure.exitCode)
}
