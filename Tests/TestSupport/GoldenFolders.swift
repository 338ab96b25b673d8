import Foundation

/// Cases of pre-training, computed by Hugging Face transformers (Tests/Fixtures/README.md).
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
        return names.sorted().map { "\(root)/\($0)" }.filter { folder in
            // Cases of fine-tuning have one network, and no folder for it.
            ["golden.safetensors", "generator"].allSatisfy {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            }
        }
    }
}
