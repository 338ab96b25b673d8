// Checks every collective on as many ranks as it is started with: `Tests/run-rank-programs` starts it with 1, 2, 3 and 4.
// Each check computes what it expects from rank and size. Ends with "N passed, N failed", and an exit code that is not 0
// where something failed. How failures end is looked at too: `--fail` makes one check fail on the last rank, `--throw`
// leaves with an error on the last rank only, `--disagree` with one that all know, `--drop` drops a request.
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
    if arguments.contains("--fail") { try checks.check("failure on purpose") { $0.rank != $0.size - 1 } }
    return checks.finish()
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
