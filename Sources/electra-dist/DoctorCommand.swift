import ArgumentParser
import Collectives
import ElectraOperations
import ElectraPretraining
import ElectraSupport
import ElectraTraining

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at the machines, MPI and BLAS, measures them, and says what is wrong.",
        discussion: """
            Start it the way the training will be started, on as many ranks:

              mpirun -np 8 electra-dist doctor --threads 2

            It takes a few seconds. The exit code is 0 with findings too.
            """)

    @Option(help: ArgumentHelp("Threads that each rank will have in the training.", valueName: "count"))
    var threads = 1

    @Option(
        help: ArgumentHelp("Of whose steps the speed is measured.", valueName: "name"),
        completion: .list(RunConfiguration.presetNames))
    var preset = "small"

    @Option(
        help: ArgumentHelp(
            "Slices of the training: where their number and that of the hosts do not fit, more is sent.",
            valueName: "count"))
    var slices: Int?

    @Flag(help: "Print the same as one JSON object, for scripts.")
    var json = false

    func validate() throws {
        if let slices, !(1...1 << 20).contains(slices) {
            throw ValidationError("--slices \(slices): expected 1 to \(1 << 20)")
        }
        guard Housekeeping.threadRange.contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1 to \(Housekeeping.threadRange.upperBound)")
        }
    }

    func run() throws {
        // A single process where several were announced is a finding here, and no reason to stop.
        let announcement = LaunchAnnouncement.read(environment: environmentVariable)
        try runDistributedEvenIfStray { world in
            if world.isAlone, let announcement, announcement.rank > 0 { return }
            let launch = DoctorReport.Launch(
                isDistributed: MPIRuntime.isLaunched, mpiLibrary: MPIRuntime.libraryName, announcement: announcement,
                threads: threads, preset: preset, slices: slices)
            guard let report = try DoctorReport.measure(world, launch: launch) else { return }
            print(json ? try DoctorJSON.object(report) : report.text)
        }
    }
}
