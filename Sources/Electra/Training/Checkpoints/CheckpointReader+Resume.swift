package import Collectives
import ElectraModel
import ElectraSupport

extension CheckpointReader {
    /// The newest checkpoint that is as it was written; nil where the run has none yet. A job that is started again has to go
    /// on, so one that is damaged is passed over, and stays as it is. All ranks call it together.
    package static func newestSound(of folder: RunFolder, on communicator: Communicator) throws -> CheckpointReader? {
        let found: [String] = try communicator.together {
            guard communicator.rank == 0 else { return [] }
            try folder.checkpoints.notesOnDamaged().forEach(ProgressLine.note)
            return try folder.checkpoints.steps().reversed().map(folder.checkpoints.path(ofStep:))
        }
        let paths = try communicator.broadcast(found.joined(separator: "\n"), from: 0).split(separator: "\n").map(
            String.init)
        var damage: AgreedFailure?
        for path in paths {
            do {
                let reader = try open(on: communicator) { path }
                if damage != nil && communicator.rank == 0 {
                    ProgressLine.note("note: going on from \(path), the newest that is whole; nothing was removed")
                }
                return reader
            } catch let failure as AgreedFailure where failure.isOfDamage {
                if communicator.rank == 0 { ProgressLine.note("note: passed over: \(failure.message)") }
                damage = failure
            }
        }
        if let damage {
            let refusal = Failure.badData(
                "\(folder.path): none of its \(counted(paths.count, "checkpoint")) can be read (\(damage.message)); put one back "
                    + "from a copy, or choose another \(Run.folderOption)")
            try communicator.together { throw refusal }
        }
        return nil
    }

    /// Parameters, and what the rank's part of the optimiser remembers, as they were after the checkpoint's step.
    package func restore<Task>(_ model: ModelState<Task>, _ step: TrainingStep<Task>) throws {
        try readParameters(layout: model.layout, into: model.parameters.buffer)
        try readState(of: step.optimizer, owning: step.owned, layout: model.layout)
        guard model.fingerprint == manifest.fingerprint else {
            throw Failure.badData(
                "\(path): expected parameters \(manifest.fingerprint), "
                    + "found \(model.fingerprint); \(CheckpointFolder.remedy)")
        }
    }
}
