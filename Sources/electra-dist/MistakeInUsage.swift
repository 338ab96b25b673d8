import ArgumentParser
import Electra
import Glibc

extension ElectraDist {
    /// A command line that cannot be understood: one line that says why and where to look, and exit code 64.
    static func endWithMistakeInUsage(_ error: any Error) -> Never {
        let words = CommandLine.arguments.dropFirst()
        let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
        let command = words.first.flatMap { commands.contains($0) ? $0 : nil }
        if let rank = LaunchAnnouncement.read(environment: environmentVariable)?.rank, rank > 0 {
            // All ranks were given the same words; rank 0 says it, and is not to be ended before by its launcher.
            sleep(1)
        } else if command == nil, let word = words.first, !word.hasPrefix("-") {
            Failure.report("unknown command '\(word)': expected \(commands.joined(separator: ", "))")
        } else {
            var reason = unknownOption(of: command) ?? message(for: error)
            if let first = reason.first { reason = first.lowercased() + reason.dropFirst() }
            let help = ["electra-dist", command, "--help"].compactMap(\.self).joined(separator: " ")
            Failure.report("\(reason) (see \(help))")
        }
        fflush(nil)
        Glibc.exit(Failure.Kind.usage.rawValue)
    }

    /// The parser speaks of a missing argument before it looks at words that it does not know, and the missing one is
    /// often the mistyped one.
    private static func unknownOption(of command: String?) -> String? {
        guard let subcommand = configuration.subcommands.first(where: { $0.configuration.commandName == command })
        else { return nil }
        let known = helpMessage(for: subcommand).matches(of: /--[a-z-]+/).map { String($0.output) }
        let given = CommandLine.arguments.dropFirst(2).filter { $0.hasPrefix("--") && $0 != "--" }
            .map { String($0.prefix { $0 != "=" }) }
        guard let unknown = given.first(where: { !known.contains($0) }) else { return nil }
        let closest = known.min { editDistance($0, unknown) < editDistance($1, unknown) } ?? ""
        return "unknown option '\(unknown)'. Did you mean '\(closest)'?"
    }
}
