import Foundation

/// Cases computed by Hugging Face transformers (Tests/Fixtures/README.md).
package enum GoldenFolders {
    /// The project's own, or those in the folder that ELECTRA_GOLDEN names.
    package static var all: [String] {
        ProcessInfo.processInfo.environment["ELECTRA_GOLDEN"].map(folders(in:)) ?? own
    }

    package static var own: [String] {
        folders(in: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").path)
    }

    private static func folders(in root: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().map { "\(root)/\($0)" }.filter {
            FileManager.default.fileExists(atPath: "\($0)/golden.safetensors")
        }
    }
}
