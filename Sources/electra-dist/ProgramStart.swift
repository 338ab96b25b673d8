import ElectraKernels
import ElectraOperations
import ElectraSupport
import Glibc

/// The first thing in `main`, before MPI: what libraries read from the environment when they are loaded has to be there
/// when the program starts. Where something is missing it is added, and the same program takes this one's place (the
/// same process, arguments and open files), once. Where that fails, this one goes on.
func startWithFastLibraries() {
    StandardOutput.openWhereClosed()
    StackLimit.makeSufficient()
    if ["pretrain", "prepare"].contains(CommandLine.arguments.dropFirst().first) {
        let rank = LaunchAnnouncement.read(environment: environmentVariable)?.rank ?? 0
        StopSignals.leaveInOrder(silently: rank > 0)
    } else {
        // Where this program took another's place, which held them.
        StopSignals.hold(false)
    }
    // Before the program is started again, which keeps its cores.
    CoreMask.undoBindingOfOpenMP()
    // Printing into a closed pipe (`| head`) ends the program, quietly; some launchers switch that off.
    signal(SIGPIPE, SIG_DFL)

    var changes = MatrixLibrary.loaded().environmentToStartWith(on: .read(), environment: environmentVariable)
    // Swift's crash reports are long, and every rank would print one.
    if environmentVariable("SWIFT_BACKTRACE") == nil { changes.append(("SWIFT_BACKTRACE", "enable=no")) }
    if changes.isEmpty { return }

    for (name, value) in changes { setenv(name, value, 1) }
    StopSignals.hold(true)
    execv(programPath(), CommandLine.unsafeArgv)
    StopSignals.hold(false)
    MatrixLibrary.useOneThread()
}

/// The path of the running program; by its own name, so that `top` and `ps` show that.
private func programPath() -> String {
    let link = "/proc/self/exe"
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlink(link, &path, path.count - 1) > 0, access(path, X_OK) == 0 else { return link }
    return path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
}
