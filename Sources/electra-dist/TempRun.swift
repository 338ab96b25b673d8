import Collectives
import Electra
import ArgumentParser
func runDistributed(_ body: (Communicator) throws -> Void) throws {
    let runtime = try MPIRuntime.initialize()
    do { try body(runtime.world) } catch let f as AgreedFailure { if runtime.world.rank == 0 { print("error", f) }; throw ExitCode(f.exitCode) }
}
