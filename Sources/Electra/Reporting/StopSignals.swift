import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGUSR1 (what a batch system sends before the time is up) ask for an orderly end: training finishes
/// the step and saves, `prepare` removes what it began; both leave with exit code 75. A second SIGINT ends the program at
/// once.
public enum StopSignals {
    private static let asked = Atomic<Bool>(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// By the thread that computes lane 0, or that reads. With `interruptReads` a `read` that waits for input comes back,
    /// with EINTR; MPI is not to see such.
    public static func install(interruptReads: Bool = false) {
        _ = SignalStack.enter()
        var action = sigaction()
        action.sa_flags = SA_ONSTACK | (interruptReads ? 0 : SA_RESTART)
        action.__sigaction_handler.sa_handler = { number in
            // Only what is allowed in a signal handler: an atomic store, and signal() itself.
            StopSignals.asked.store(true, ordering: .relaxed)
            if number == SIGINT { signal(SIGINT, SIG_DFL) }
        }
        for number in [SIGINT, SIGTERM, SIGUSR1] { sigaction(number, &action, nil) }
    }
}
