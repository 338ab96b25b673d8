import ArgumentParser
import Electra

@main
struct ElectraDist: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "electra-dist",
        abstract: "Pre-trains ELECTRA encoders on CPU clusters: plain text in, Hugging Face folders out.",
        version: programVersion,
        subcommands: [
            PrepareCommand.self,
            PretrainCommand.self,
            EvaluateCommand.self,
            InspectCommand.self,
            TokenizeCommand.self,
            DoctorCommand.self,
        ]
    )

    static func main() {
        startWithFastLibraries()
        main(nil)
    }
}
