package import ElectraCorpus
import ElectraKernels
package import ElectraSupport
package import ElectraTraining
import Foundation

/// What a run folder keeps so that the model can leave it: the vocabulary and the manifest of the data set, and a line
/// for each time that the run was started.
extension RunFolder {
    package var vocabularyPath: String { "\(path)/\(Manifest.vocabularyFileName)" }
    private var dataPath: String { "\(path)/\(Manifest.nameInRun)" }
    private var startsPath: String { "\(path)/starts.jsonl" }

    /// One start of a run, from the first step or from a checkpoint.
    package struct Start: Codable, Sendable, Equatable {
        package var time: String
        package var command: String
        package var version: String
        package var ranks: Int
        package var threads: Int
        /// What products were computed in, which may be less than what was asked for; nil in runs of before.
        package var precision: String?
        /// Instructions and libraries, and the fingerprint of the bits that they give; nil in runs of before.
        package var kernels: String?
        var kernelFingerprint: String?
        package var step: Int
        /// The folder of the data set, from the root of the host's file system; nil in runs of before.
        package var data: String?
    }

    /// The run that a checkpoint belongs to: RUN/checkpoints/CHECKPOINT.
    package init(ofCheckpoint path: String) throws(Failure) {
        let run = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().relativePath
        self.init(run)
        guard exists else {
            throw .usage(
                "\(path): not in the checkpoints/ of a run any more, and only a run knows its vocabulary; name the run")
        }
    }

    package func record(
        _ data: DataSet, ranks: Int, threads: Int, kernels: JobKernels, step: Int
    ) throws(Failure) {
        try data.vocabulary.write(to: vocabularyPath)
        try FileAccess.write(data.manifest.encoded, to: dataPath)
        let start = Start(
            time: Date().ISO8601Format(), command: Self.commandLine, version: programVersion, ranks: ranks,
            threads: threads, precision: kernels.precision.rawValue, kernels: kernels.description,
            kernelFingerprint: kernels.fingerprint, step: step, data: Self.absolute(data.path))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = (try? encoder.encode(start)).map { Array($0) + [UInt8(ascii: "\n")] } ?? []
        let before = FileAccess.kind(of: startsPath) == .file ? try FileAccess.contents(of: startsPath, remedy: "") : []
        try FileAccess.write(before + line, to: startsPath)
    }

    /// What is to be said where a run goes on after `step` with other kernels than before.
    package func note(on kernels: JobKernels, after step: Int) -> String? {
        guard step > 0, let before = starts().last(where: { $0.kernelFingerprint != nil }),
            before.kernelFingerprint != kernels.fingerprint
        else { return nil }
        return
            "note: \(path): computed with other kernels until now (\(before.kernels ?? "unknown")); from step \(step + 1) on its bits "
            + "are those of \(kernels.description) on this CPU"
    }

    package func starts() -> [Start] {
        guard let bytes = try? FileAccess.contents(of: startsPath, remedy: "") else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(Start.self, from: Data($0))
        }
    }

    /// Where the data set was when the run was last started, as far as that is known.
    var placeOfData: String? { starts().last { $0.data != nil }?.data }

    package static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// The vocabulary and the data set that `configuration`, of this run, was trained on.
    package func trainedOn(_ configuration: RunConfiguration) throws(Failure) -> (Vocabulary, Manifest) {
        let remedy = "start the same pretrain command once more, which writes them"
        guard FileAccess.kind(of: vocabularyPath) == .file, FileAccess.kind(of: dataPath) == .file else {
            throw .badData(
                "\(path): no \(Manifest.vocabularyFileName) and data.json in it, so its vocabulary is not known; \(remedy)"
            )
        }
        let manifest = try? Manifest(file: dataPath)
        let vocabulary = try Vocabulary(
            path: vocabularyPath, addedWords: manifest?.addedWords ?? [], remedy: remedy)
        guard let manifest, DataSet.identity(of: manifest) == configuration.data,
            hexadecimal(vocabulary.checksum) == manifest.vocabularyChecksum
        else {
            throw .badData(
                "\(path): its \(Manifest.vocabularyFileName) and data.json are not of the data set that the run was "
                    + "trained on; \(remedy)")
        }
        return (vocabulary, manifest)
    }

    /// As it could be typed again.
    private static var commandLine: String { CommandLine.arguments.map(shellWord).joined(separator: " ") }

    /// A word as a shell takes it, in quotation marks where it needs them.
    static func shellWord(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || "-_./=+,:@%".utf8.contains(byte)
        }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
