package import ElectraSupport
import Foundation

/// CHECKPOINT/manifest.json: written last, so a checkpoint that has one is whole.
package struct CheckpointManifest: Codable, Sendable, Equatable {
    package static let fileName = "manifest.json"
    package static let currentFormat = "electra-dist checkpoint"
    package static let currentVersion = 1

    package struct File: Codable, Sendable, Equatable {
        package var name: String
        package var bytes: Int
        /// Of the whole file, hexadecimal.
        package var crc32c: String
    }

    package var format = Self.currentFormat
    package var version = Self.currentVersion
    /// Updates made.
    package var step: Int
    /// Of the parameters.
    package var fingerprint: String
    package var parameters: Int
    /// Until then; nil in those of before.
    package var account: TrainingAccount?
    /// Whether it stays however many newer ones there are.
    package var isKept: Bool?
    package var files: [File]

    package func write(inFolder folder: String) throws(Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            let data = try encoder.encode(self)
            try FileAccess.write(Array(data) + [UInt8(ascii: "\n")], to: "\(folder)/\(Self.fileName)")
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .software("\(folder): the manifest cannot be encoded (\(error))")
        }
    }

    /// Without a look at the names of its files, which depend on the run; see `checkFiles`.
    package static func read(inFolder folder: String) throws(Failure) -> CheckpointManifest {
        let path = "\(folder)/\(fileName)"
        let bytes = try FileAccess.contents(of: path, remedy: CheckpointFolder.readingRemedy)
        guard let manifest = try? JSONDecoder().decode(CheckpointManifest.self, from: Data(bytes)),
            manifest.format == currentFormat
        else {
            throw .badData(
                "\(path): expected the manifest of a checkpoint, found something else; "
                    + CheckpointFolder.remedy)
        }
        guard manifest.version == currentVersion else {
            throw .badData(
                "\(path): expected version \(currentVersion), found \(manifest.version); "
                    + "use the electra-dist that wrote it")
        }
        try manifest.check(path)
        return manifest
    }

    /// Numbers that nothing can have are a slip of somebody's editor.
    private func check(_ path: String) throws(Failure) {
        guard step >= 0, parameters > 0, files.allSatisfy({ $0.bytes >= 0 }) else {
            throw .badData(
                "\(path): expected counts that are not negative, found step \(step), \(parameters) parameters; "
                    + CheckpointFolder.remedy)
        }
    }

    /// A checkpoint is whole with all of its files only.
    func checkFiles(are contents: [String], _ folder: String) throws(Failure) {
        let names = files.map(\.name).sorted()
        guard names == contents.sorted() else {
            throw .badData(
                "\(folder)/\(Self.fileName): expected the files \(contents.joined(separator: ", ")), found "
                    + "\(names.isEmpty ? "none" : names.joined(separator: ", ")); \(CheckpointFolder.remedy)")
        }
    }
}
