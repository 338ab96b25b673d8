// Checks every collective on as many ranks as it is started with: `Tests/run-rank-programs` starts it with 1, 2, 3 and 4.
// Each check computes what it expects from rank and size. Ends with "N passed, N failed", and an exit code that is not 0
// where something failed. `--fail` makes one check fail on the last rank, `--drop` drops a request, `--abort` leaves
// with an error on the last rank only: the script sees to it that these end as they should.
import Collectives

let arguments = CommandLine.arguments
let exitCode: Int32
do {
    let runtime = try MPIRuntime.initialize()
    exitCode = try runChecks(runtime.world, arguments)
} catch {
    print("error: \(error)")
    MPIRuntime.abort(70)
}
leave(exitCode)

func runChecks(_ world: Communicator, _ arguments: [String]) throws -> Int32 {
    if arguments.contains("--abort") {
        if world.rank == world.size - 1 { MPIRuntime.abort(65) }
        // Would wait forever for the rank that left.
        try world.barrier()
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
