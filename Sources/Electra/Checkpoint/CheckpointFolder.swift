import Foundation

/// RUN/checkpoints: one folder a checkpoint, named by its step, whole or absent.
public struct CheckpointFolder: Sendable {
    static let remedy = "remove this folder to go on from the checkpoint before it"
    static let runFile = "run.json"
    static let parametersFile = "parameters.safetensors"
    static let firstMomentFile = "adam_m.safetensors"
    static let secondMomentFile = "adam_v.safetensors"

    public let path: String

    public init(run: String) {
        path = "\(run)/checkpoints"
    }

    public func name(ofStep step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    func path(ofStep step: Int) -> String { "\(path)/\(name(ofStep: step))" }

    /// The steps of the whole checkpoints, ascending.
    public func steps() throws(Failure) -> [Int] {
        guard FileAccess.kind(of: path) == .folder else { return [] }
        return try FileAccess.names(in: path).compactMap { name in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)),
                FileAccess.kind(of: "\(path)/\(name)/\(CheckpointManifest.fileName)") == .file
            else { return nil }
            return step
        }.sorted()
    }

    public func newest() throws(Failure) -> String? { try steps().last.map { path(ofStep: $0) } }

    /// Removes all but the newest `keep` (0: keeps all), and what a crash left unfinished.
    func prune(keep: Int) throws(Failure) {
        let all = try steps()
        for step in keep > 0 ? all.dropLast(keep) : [] { remove("\(path)/\(name(ofStep: step))") }
        for name in try FileAccess.names(in: path) where name.hasSuffix(".partial") { remove("\(path)/\(name)") }
    }

    /// The manifest goes first: a removal cut short leaves no checkpoint that looks whole.
    private func remove(_ folder: String) {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(CheckpointManifest.fileName)")
        try? FileManager.default.removeItem(atPath: folder)
    }
}
