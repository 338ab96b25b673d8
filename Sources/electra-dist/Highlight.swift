import Collectives
import ElectraSupport
import Glibc

/// Words that stand out: red on a terminal, in marks elsewhere.
enum Highlight {
    static var isColoured: Bool {
        // mpirun gives the ranks a terminal of its own, whether or not anybody looks at it.
        Terminal.isColoured(STDOUT_FILENO) && !MPIRuntime.isLaunched
    }

    static let sequences = ["\u{1B}[1;31m", "\u{1B}[0m"]

    static func marked(_ word: String) -> String {
        isColoured ? sequences[0] + word + sequences[1] : ">>\(word)<<"
    }
}
