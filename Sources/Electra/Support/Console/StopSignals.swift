import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGUSR1 (what a batch system sends before the time is up) ask for an orderly end: training finishes
/// the step and saves, `prepare` removes what it began; both leave with exit code 75. The first one is answered at once by a
/// line, as a step may take a minute. A second SIGINT ends the program at once.
package enum StopSignals {
    private static let asked = Atomic<Bool>(false)
    private static let isEnding = Atomic<Bool>(false)
    private static let kinds = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGUSR1, "SIGUSR1")]
    /// The answers by the number of the signal, in memory that stays: a handler can neither make nor keep any.
    nonisolated(unsafe) private static let answers: UnsafeMutablePointer<UnsafeRawBufferPointer> = {
        let answers = UnsafeMutablePointer<UnsafeRawBufferPointer>.allocate(capacity: 32)
        answers.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: 32)
        return answers
    }()

    package static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// By the thread that computes lane 0, or that reads. `answer` is what comes first now that a signal was heard, as "the
    /// step is finished"; nil in a rank that is to be silent. With `interruptReads` a `read` that waits for input comes back,
    /// with EINTR; MPI is not to see such.
    package static func install(answer: String?, interruptReads: Bool = false) {
        if let answer { prepare(answer) }
        _ = SignalStack.enter()
        var action = sigaction()
        action.sa_flags = SA_ONSTACK | (interruptReads ? 0 : SA_RESTART)
        action.__sigaction_handler.sa_handler = { number in
            // Only what is allowed in a signal handler: an atomic store, write() of what was prepared, and signal() itself.
            if number == SIGINT { signal(SIGINT, SIG_DFL) }
            if StopSignals.asked.exchange(true, ordering: .relaxed) { return }
            let interrupted = errno
            let answer = StopSignals.answers[Int(number)]
            _ = Glibc.write(STDERR_FILENO, answer.baseAddress, answer.count)
            errno = interrupted
        }
        for (number, _) in kinds { sigaction(number, &action, nil) }
    }

    /// The first thing in `main` of a command that `install`s later: until then nothing is there to be finished or saved, so
    /// the process leaves at once, with the exit code of a stop in good order. Of several ranks the first one says it.
    package static func leaveInOrder(silently: Bool) {
        let text = "electra-dist: stopped by a signal before its first step; the same command starts again\n"
        let bytes = silently ? [] : Array(text.utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
        answers[0] = UnsafeRawBufferPointer(memory)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            if StopSignals.isEnding.load(ordering: .relaxed) { return }
            let answer = StopSignals.answers[0]
            _ = Glibc.write(STDERR_FILENO, answer.baseAddress, answer.count)
            _exit(Failure.Kind.stoppedEarly.rawValue)
        }
        for (number, _) in kinds { sigaction(number, &action, nil) }
        hold(false)
    }

    /// The process ends by itself, with something to say: mpirun sends SIGTERM to the ranks that are left then.
    static func leaveToItself() { isEnding.store(true, ordering: .relaxed) }

    /// Whether signals wait: across `exec`, after which the new program knows no handlers yet.
    package static func hold(_ isHeld: Bool) {
        var set = sigset_t()
        sigemptyset(&set)
        for (number, _) in kinds { sigaddset(&set, number) }
        sigprocmask(isHeld ? SIG_BLOCK : SIG_UNBLOCK, &set, nil)
    }

    private static func prepare(_ answer: String) {
        let start = Terminal.isLive(STDERR_FILENO) ? "\r\u{1B}[K" : ""
        for (number, name) in kinds {
            let again = number == SIGINT ? "; a second Ctrl-C ends at once" : ""
            let text = Array("\(start)note: \(name) heard: \(answer)\(again)\n".utf8)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
            memory.copyBytes(from: text)
            answers[Int(number)] = UnsafeRawBufferPointer(memory)
        }
    }
}
