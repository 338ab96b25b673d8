import ElectraCorpus
import ElectraPretraining
import ElectraSupport
import ElectraTraining
import Foundation

/// `electra-dist inspect RUN`: what was trained, how far, and how it went.
func inspectRun(_ folder: RunFolder) throws(Failure) {
    let run = try folder.configuration()
    print("run          \(folder.path)")
    let steps = try folder.checkpoints.steps()
    let newest = steps.last ?? 0
    print("preset       \(run.preset), seed \(run.seed)")
    print("data         \(folder.dataLine(run))")
    print(
        "progress     \(newest) of \(run.steps) steps"
            + (newest < run.steps ? "; the command that started it goes on from there" : ", complete"))
    let newestPath = try folder.checkpoints.newest()
    if let newestPath {
        for (number, line) in folder.heldOutLines(try RunCheckpoint(newestPath)).enumerated() {
            print(number == 0 ? "held out     \(line)" : folded(line, indentation: "             "))
        }
    }
    let names = steps.isEmpty ? "none" : steps.map { folder.checkpoints.name(ofStep: $0) }.joined(separator: ", ")
    print("checkpoints  " + names)
    for note in try folder.checkpoints.notesOnDamaged() { print("             " + note) }
    if let newestPath {
        print("")
        try inspectCheckpoint(newestPath)
    }
    let changed = try run.changedFields()
    if !changed.isEmpty {
        print("\nfields that differ from preset \(run.preset):")
        for field in changed { print("  \(field.key) = \(field.get(run).shown)") }
    }
    let (vocabulary, data) = try folder.trainedOn(run)
    print("\nvocabulary   \(vocabulary.count) pieces, \(data.rules.name)")
}

/// `electra-dist inspect CHECKPOINT`, after every checksum was compared.
func inspectCheckpoint(_ path: String) throws(Failure) {
    let checkpoint = try RunCheckpoint(path)
    try checkpoint.verify()
    print("checkpoint   \(path)")
    print("step         \(checkpoint.manifest.step) of \(checkpoint.configuration.steps)")
    for file in checkpoint.manifest.files {
        let name = file.name.padding(toLength: 24, withPad: " ", startingAt: 0)
        print("             \(name) \(megabytes(file.bytes))")
    }
    print("checksums    all right")
    print("parameters   \(checkpoint.manifest.fingerprint) (\(checkpoint.manifest.parameters) numbers)")
}
