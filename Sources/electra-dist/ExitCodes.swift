import ArgumentParser
import ElectraOperations
import ElectraSupport
import Glibc

/// Runs the body of a command. A failure becomes one line on standard error and the exit code that goes with it
/// (64 usage, 65 bad data, 74 I/O, 75 stopped early, 70 internal).
func runCommand(_ body: () throws(Failure) -> Void) throws {
    do throws(Failure) {
        try body()
    } catch {
        fflush(nil)
        Failure.report(error.description, exitCode: error.exitCode)
        throw ExitCode(error.exitCode)
    }
}

/// The same for a command that is one process: several would write the same files, and ranks that were started as another
/// command would wait for it.
func runAsOneProcess(_ body: () throws(Failure) -> Void) throws {
    if let announcement = LaunchAnnouncement.read(environment: environmentVariable), announcement.isOfSeveral {
        ElectraDist.endWithMistakeInUsage(
            "this command runs in one process, and \(announcement.count) were started "
                + "(\(announcement.variable)); start it without mpirun or srun, it uses threads")
    }
    try runCommand(body)
}
