import ArgumentParser
import ElectraCorpus
import ElectraSupport
import ElectraTraining
import Foundation

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what is inside a folder that electra-dist wrote.",
        discussion: """
            A data set: its sizes, its vocabulary and a few sequences as text.
            A run: its progress, its newest checkpoint, the fields that differ from the preset, and its vocabulary.
            A checkpoint: its files and the fingerprint of its parameters.

            Every file of a data set or checkpoint is read and its checksum compared.
            """)

    @Argument(help: ArgumentHelp("A data set, a run or a checkpoint.", valueName: "folder"), completion: .directory)
    var path: String

    @Option(help: ArgumentHelp("Sequences of a data set to print as text.", valueName: "count"))
    var samples = 3

    func validate() throws {
        guard samples >= 0 else { throw ValidationError("--samples \(samples): expected 0 or more") }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            // One line for each kind of folder. Data sets and checkpoints both have a manifest.json.
            if CheckpointFolder.isCheckpoint(path) { return try inspectCheckpoint(path) }
            if DataSet.isDataSet(path) { return try inspectDataSet(path, samples: samples) }
            let run = RunFolder(path)
            if run.exists { return try inspectRun(run) }
            if !FileManager.default.fileExists(atPath: path) {
                throw .inputOutput("\(path): no such folder; check the path")
            }
            throw .badData(
                "\(path): neither a data set, nor a run, nor a checkpoint (no \(Manifest.fileName)); "
                    + "check the path, or make a data set with electra-dist prepare")
        }
    }
}
