/// An error that a person caused or can mend: one line that names the thing, what was expected, what was found, and
/// the remedy; and the exit code that scripts see (sysexits.h).
public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Int32, Sendable {
        case usage = 64
        case badData = 65
        case software = 70
        case inputOutput = 74
        /// Stopped before the end; the same command goes on from there.
        case stoppedEarly = 75
    }

    public let kind: Kind
    public let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    package var exitCode: Int32 { kind.rawValue }

    package static func usage(_ text: String) -> Failure { Failure(.usage, text) }
    package static func badData(_ text: String) -> Failure { Failure(.badData, text) }
    package static func inputOutput(_ text: String) -> Failure { Failure(.inputOutput, text) }
    package static func software(_ text: String) -> Failure { Failure(.software, text) }
}
