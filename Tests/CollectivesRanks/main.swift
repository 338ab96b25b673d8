// Checks every collective on as many ranks as it is started with: `Tests/run-rank-programs` starts it with 1 to 4.
// Each check computes what it expects from rank and size. Ends with "N passed, N failed", and an exit code that is not
// 0 where something failed. How failures end is looked at too: `--fail` makes one check fail on the last rank,
// `--throw` leaves with an error on the last rank only, `--disagree` with one that all know, `--drop` drops a request;
// of a closing agreement, `--close` comes with failures on all ranks, `--close-late` with one on the last while the
// others are done, and `--close-alone` with one on the last while the others wait for it.
import Collectives

struct Deliberate: Error, CustomStringConvertible {
    let description = "failure on purpose"
}

func describe(_ error: any Error) -> LocalFailure { LocalFailure("\(error)", exitCode: 65) }

func runChecks(_ world: Communicator, _ arguments: [String]) throws -> Int32 {
    let isLast = world.rank == world.size - 1
    if arguments.contains("--throw") {
        if isLast { throw Deliberate() }
        // Waits for the rank that left.
        try world.barrier()
    }
    if arguments.contains("--disagree") {
        try world.together(describing: describe) { if isLast { throw Deliberate() } }
    }
    if arguments.contains("--drop") { _ = try world.startAllReduce(dropped, .sum) }

    if let how = arguments.first(where: { $0.hasPrefix("--close") }) { return try close(how, world) }

    let checks = Checks(world)
    try checkReductions(checks)
    try checkBroadcast(checks)
    try checkGathers(checks)
    try checkAllToAll(checks)
    try checkPointToPoint(checks)
    try checkGroups(checks)
    try checkRequests(checks)
    try checkText(checks)
    try checkAgreement(checks)
    try checkErrors(checks)
    try checkOrderedReduction(checks)
    try checkHostGrids(checks)
    if arguments.contains("--fail") { try checks.check("failure on purpose") { $0.rank != $0.size - 1 } }
    return checks.finish()
}

func close(_ how: String, _ world: Communicator) throws -> Int32 {
    let closing = try ClosingAgreement(world)
    let isLast = world.rank == world.size - 1
    // A collective of the work, in which the last rank is missing.
    if how == "--close-alone" && !isLast { try world.barrier() }
    let failure = how == "--close" || isLast ? LocalFailure("failure on purpose", exitCode: 65) : nil
    switch try closing.close(with: failure, patience: how == "--close-alone" ? 0.2 : 30) {
    case .allWell: return 0
    case .failed(let agreed): throw agreed
    case .alone(let failure):
        print("alone: \(failure.message) on rank \(world.rank)")
        MPIRuntime.abort(failure.exitCode)
    }
}

func runProgram() throws(MPIError) -> Int32 {
    let runtime = try MPIRuntime.initialize()
    do throws(AgreedFailure) {
        return try runtime.run(describing: describe) { try runChecks($0, CommandLine.arguments) }
    } catch {
        if runtime.world.rank == 0 { print("agreed: \(error) on rank \(error.rank)") }
        return error.exitCode
    }
}

do {
    // Not `exit` inside of it: MPI ends with the runtime.
    leave(try runProgram())
} catch {
    print("error: \(error)")
    leave(70)
}
