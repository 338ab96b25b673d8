import Collectives
import ElectraHuggingFace
import ElectraPretraining
import ElectraSupport
import ElectraTraining

extension Communicator {
    /// The folder of a model that is to be fine-tuned. A run of pretrain is exported first, to `folder`, where a run that goes on
    /// finds it again.
    func encoderFolder(of model: String, exportedTo folder: String) throws -> String {
        try together {
            guard RunFolder(model).exists || CheckpointFolder.isCheckpoint(model) else { return model }
            let exported = Network.discriminator.subfolders.map { "\(folder)/\($0)" }
            if rank == 0, exported.allSatisfy({ FileAccess.kind(of: $0) == .missing }) {
                try HuggingFaceExport(model).write(to: folder)
            }
            return folder
        }
    }
}
