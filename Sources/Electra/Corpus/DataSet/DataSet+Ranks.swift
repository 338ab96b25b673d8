package import Collectives
import ElectraSupport

extension DataSet {
    /// Opens and verifies a data set on all ranks together. Each host may have a copy of its own: every copy is checked,
    /// and all have to be the same.
    package static func open(_ path: String, on communicator: Communicator) throws -> DataSet {
        let data = try communicator.together { try DataSet(path) }
        let sharers = try communicator.thoseWhoSee((data.train.shards + data.heldOut.shards).map(\.path))
        let progress = communicator.rank == 0 ? ProgressLine("checking") : nil
        try communicator.together { try data.verify(part: sharers.rank, of: sharers.size, progress: progress) }
        // The fingerprint decides, and says nothing to people.
        let words = try communicator.broadcast(data.manifest.inWords, from: 0)
        try communicator.requireSame(data.identity) { _ in
            .badData(
                "\(path) on \(Communicator.hostName): expected the data set that rank 0 has there (\(words)), found another "
                    + "(\(data.manifest.inWords)); copy rank 0's to every host")
        }
        return data
    }
}
