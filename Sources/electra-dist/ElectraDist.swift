import ArgumentParser
import ElectraSupport

@main
struct ElectraDist: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "electra-dist",
        abstract: "Pre-trains ELECTRA encoders on CPU clusters.",
        discussion: """
            From text to a model in two steps; the second runs alone or on many ranks, with the same bits:

              electra-dist prepare --corpus books/ --output data
              mpirun -np 4 electra-dist pretrain --data data --run run --preset small
            """,
        version: programVersion,
        subcommands: [
            VocabularyCommand.self,
            PrepareCommand.self,
            PretrainCommand.self,
            EvaluateCommand.self,
            ExportCommand.self,
            FinetuneCommand.self,
            PredictCommand.self,
            ProbeCommand.self,
            DetectCommand.self,
            FillMaskCommand.self,
            ScoreCommand.self,
            EmbedCommand.self,
            InspectCommand.self,
            TokenizeCommand.self,
            DoctorCommand.self,
            PlanCommand.self,
            BenchmarkCommand.self,
        ]
    )

    static func main() {
        startWithFastLibraries()
        if words.count == 2, words[0] == "--generate-completion-script", let shell = CompletionShell(rawValue: words[1])
        {
            return print(completionScript(shell))
        }
        if let unknownCommand { endWithMistakeInUsage(unknownCommand: unknownCommand) }
        var command: any ParsableCommand
        do {
            command = try parseAsRoot(words)
        } catch {
            // Help and the version come as errors, too.
            if exitCode(for: error) == .validationFailure { endWithMistakeInUsage(error) }
            exit(withError: error)
        }
        do {
            try command.run()
            try runCommand { () throws(Failure) in try StandardOutput.flush() }
        } catch {
            // An exit code: what went wrong was reported where it did.
            exit(withError: error)
        }
    }
}
