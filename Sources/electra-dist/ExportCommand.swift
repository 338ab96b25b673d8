import ArgumentParser
import ElectraHuggingFace
import ElectraPretraining
import ElectraSupport
import ElectraTraining

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a run's networks as folders that Hugging Face transformers loads.",
        discussion: """
            DIR/discriminator is the network to fine-tune (ElectraForPreTraining, AutoModel...), DIR/generator the masked \
            language model beside it. Each has config.json, model.safetensors, the tokenizer's files and a model card.

              electra-dist export --run run --output model
              electra-dist detect --model model --text "the cat sat on the moon"
            """)

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The folder of a run, for its newest checkpoint, or of one checkpoint.", valueName: "folder"),
        completion: .directory)
    var runPath: String

    @Option(
        help: ArgumentHelp("Folder to write; an earlier export there is replaced.", valueName: "folder"),
        completion: .directory)
    var output: String

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let export = try HuggingFaceExport(runPath)
            try export.write(to: output)
            print("\(export.checkpoint.path), step \(export.checkpoint.manifest.step), as:")
            for network in export.networks { print("  \(output)/\(network.rawValue)") }
        }
    }
}
