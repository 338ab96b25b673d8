import ArgumentParser

@main
struct ElectraDist: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "electra-dist",
        abstract: "Pre-trains ELECTRA encoders on CPU clusters: plain text in, Hugging Face folders out.",
        subcommands: [
            PrepareCommand.self,
            PretrainCommand.self,
            EvaluateCommand.self,
            InspectCommand.self,
            TokenizeCommand.self,
        ]
    )
}
