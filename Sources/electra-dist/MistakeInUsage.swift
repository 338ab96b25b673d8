import ArgumentParser
import Collectives
import ElectraOperations
import ElectraSupport
import Glibc

extension ElectraDist {
    private static let commands = configuration.subcommands.compactMap { $0.configuration.commandName }

    /// What was typed, for the parser. It would take a negative number for an option: `--seed -1` becomes `--seed=-1`.
    static let words = CommandLine.arguments.dropFirst().reduce(into: [String]()) { words, word in
        if word.hasPrefix("-"), Double(word) != nil, let last = words.last, last.hasPrefix("--"), last.count > 2 {
            words[words.count - 1] = "\(last)=\(word)"
        } else {
            words.append(word)
        }
    }

    /// The word in the place of a command, also after `help`, where it is none. (The parser's own help on an unknown
    /// command is that on all of them, and no error.)
    static var unknownCommand: String? {
        guard let word = words.first(where: { $0 != "help" }), !word.hasPrefix("-"), !commands.contains(word)
        else { return nil }
        return word
    }

    static func endWithMistakeInUsage(unknownCommand word: String) -> Never {
        endWithMistakeInUsage("unknown command '\(word)': expected \(commands.joined(separator: ", "))")
    }

    /// A command line that cannot be understood.
    static func endWithMistakeInUsage(_ error: any Error) -> Never {
        let command = words.first.flatMap { commands.contains($0) ? $0 : nil }
        var reason = unknownOption(of: command) ?? withExpectation(message(for: error))
        if let first = reason.first { reason = first.lowercased() + reason.dropFirst() }
        let help = ["electra-dist", command, "--help"].compactMap(\.self).joined(separator: " ")
        endWithMistakeInUsage("\(reason) (see \(help))")
    }

    /// One line that says why and where to look, and exit code 64. Of several ranks the others may wait in MPI for this one,
    /// which therefore comes, and tells it there.
    static func endWithMistakeInUsage(_ reason: String) -> Never {
        let launch = LaunchAnnouncement.read(environment: environmentVariable)
        if let launch, launch.isOfSeveral {
            try? runDistributedEvenIfStray { world in
                // Where the ranks do not find each other, one of them says it for all.
                if world.isAlone && launch.rank > 0 { Glibc.exit(Failure.Kind.usage.rawValue) }
                throw Failure.usage(reason)
            }
        } else {
            Failure.report(reason)
        }
        fflush(nil)
        Glibc.exit(Failure.Kind.usage.rawValue)
    }

    /// The parser speaks of a missing argument before it looks at words that it does not know, and the missing one is
    /// often the mistyped one.
    private static func unknownOption(of command: String?) -> String? {
        guard let subcommand = configuration.subcommands.first(where: { $0.configuration.commandName == command })
        else { return nil }
        let known = helpMessage(for: subcommand).matches(of: /--[a-z0-9-]+/).map { String($0.output) }
        let given = words.dropFirst().filter { $0.hasPrefix("--") && $0 != "--" }.map {
            String($0.prefix { $0 != "=" })
        }
        guard let unknown = given.first(where: { !known.contains($0) }) else { return nil }
        return "unknown option '\(unknown)'" + (closest(to: unknown, of: known).map { ". Did you mean '\($0)'?" } ?? "")
    }

    /// Of a value that is refused the parser says what was found; what was expected it says of lists of words only, and
    /// all else that it checks is a number. A value that begins with a dash it takes for an option.
    private static func withExpectation(_ message: String) -> String {
        if let option = message.firstMatch(of: /^Missing value for '(--[a-z0-9-]+)/),
            zip(words, words.dropFirst()).contains(where: { $0 == option.1 && $1.hasPrefix("-") && !$1.hasPrefix("--") }
            )
        {
            return "\(message); one that begins with - is written \(option.1)=\"- ...\""
        }
        guard let option = message.firstMatch(of: /is invalid for '--[a-z0-9-]+ <([a-z]+)>'$/) else { return message }
        let isFraction = ["rate", "fraction", "probability", "minutes"].contains(option.1)
        return "\(message): expected a \(isFraction ? "number" : "whole number")"
    }
}
