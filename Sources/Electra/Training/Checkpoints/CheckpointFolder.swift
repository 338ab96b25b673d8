import Collectives
package import ElectraSupport
import Foundation

/// RUN/checkpoints: one folder a checkpoint, named by its step, whole or absent.
package struct CheckpointFolder: Sendable {
    /// `pretrain` does so by itself.
    package static let remedy = "name a checkpoint before it, or copy this one again"
    /// For what cannot be read: every rank reads checkpoints.
    static var readingRemedy: String {
        "check that \(Communicator.hostName) sees the run's folder, as every host has to; if it does, \(remedy)"
    }
    /// What the name of a checkpoint ends with while it is written.
    package static let partial = ".partial"
    static let parametersFile = "parameters.safetensors"
    /// What a checkpoint has beside its manifest, which names all of it.
    package static func contents(optimizerState: [String]) -> [String] {
        [parametersFile] + optimizerState.map(stateFile) + [runFileName]
    }

    static func stateFile(_ name: String) -> String { "\(name).safetensors" }

    package let path: String

    package init(run: String) {
        path = "\(run)/checkpoints"
    }

    package func name(ofStep step: Int) -> String {
        "step-" + zeroPadded(step, to: 8)
    }

    package static func isCheckpoint(_ path: String) -> Bool {
        FileAccess.kind(of: "\(path)/\(parametersFile)") == .file
    }

    /// The checkpoint that `path` is, or the newest one of the run there; nil if that has none yet.
    package static func checkpoint(in path: String) throws(Failure) -> String? {
        if isCheckpoint(path) { return path }
        let run = RunFolder(path)
        guard run.exists else {
            if FileAccess.kind(of: path) == .missing { throw .inputOutput("\(path): no such folder; check the path") }
            throw .badData("\(path): neither a run nor a checkpoint; check the path")
        }
        try run.checkpoints.notesOnDamaged().forEach(ProgressLine.note)
        return try run.checkpoints.newest()
    }

    package func path(ofStep step: Int) -> String { "\(path)/\(name(ofStep: step))" }

    /// The steps of the whole checkpoints, ascending. What cannot be looked at is an error: taken for missing, it would
    /// let a run begin anew.
    package func steps() throws(Failure) -> [Int] {
        try contents().whole
    }

    package func newest() throws(Failure) -> String? { try steps().last.map { path(ofStep: $0) } }

    /// What to tell of checkpoints behind the newest whole one. They got their names whole, and stay as they are.
    package func notesOnDamaged() throws(Failure) -> [String] {
        try contents().damaged.map { step in
            "note: \(path(ofStep: step)): passed over, as it has no \(CheckpointManifest.fileName) any more"
        }
    }

    /// Removes all but the newest `keep` (0: keeps all) of those up to `step`, and those that are kept always. Later ones are none that the run went on from:
    /// they may be damaged.
    package func prune(keep: Int, upTo step: Int) throws(Failure) {
        let all = try steps().filter { number in
            number <= step && (try? CheckpointManifest.read(inFolder: path(ofStep: number)))?.isKept != true
        }
        for step in keep > 0 ? all.dropLast(keep) : [] { remove("\(path)/\(name(ofStep: step))") }
    }

    /// Removes what a crash left of a save, or of a removal.
    func removeUnfinished() throws(Failure) {
        let contents = try contents()
        for name in contents.unfinished + contents.removed.map(name(ofStep:)) { remove("\(path)/\(name)") }
    }

    /// What has another name, as a copy that somebody made, is not ours. A checkpoint without a manifest is one whose removal
    /// was cut short, where a newer one is whole, and else damaged.
    private func contents() throws(Failure) -> (whole: [Int], unfinished: [String], removed: [Int], damaged: [Int]) {
        var whole: [Int] = []
        var unfinished: [String] = []
        var withoutManifest: [Int] = []
        for name in try FileAccess.names(in: path, canBeMissing: true) where name.hasPrefix("step-") {
            let isPartial = name.hasSuffix(Self.partial)
            guard let step = Int(name.dropFirst(5).dropLast(isPartial ? Self.partial.count : 0)), step >= 0,
                name == self.name(ofStep: step) + (isPartial ? Self.partial : "")
            else { continue }
            let files = try FileAccess.names(in: "\(path)/\(name)", canBeMissing: true)
            if isPartial {
                unfinished.append(name)
            } else if files.contains(CheckpointManifest.fileName) {
                whole.append(step)
            } else {
                withoutManifest.append(step)
            }
        }
        let newest = whole.max() ?? -1
        return (
            whole.sorted(), unfinished, withoutManifest.filter { $0 < newest },
            withoutManifest.filter { $0 > newest }.sorted()
        )
    }

    /// What any checkpoint may have.
    private static let ownFiles = Set(
        allOptimizers.flatMap { contents(optimizerState: $0.stateNames) } + [CheckpointManifest.fileName])

    /// The manifest goes first: a removal cut short leaves no checkpoint that looks whole. Files of other names stay.
    package func remove(_ folder: String) {
        FileAccess.removeFolder(folder, first: CheckpointManifest.fileName) {
            Self.ownFiles.contains($0)
        }
    }
}
