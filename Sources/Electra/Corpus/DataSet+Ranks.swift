public import Collectives

extension DataSet {
    /// Opens and verifies a data set on all ranks together. Each host may have a copy of its own: every copy is checked,
    /// and all have to be the same.
    public static func open(_ path: String, on communicator: Communicator) throws -> DataSet {
        let data = try communicator.together { try DataSet(path) }
        let sharers = try communicator.thoseWhoSee((data.train.shards + data.heldOut.shards).map(\.path))
        let progress = communicator.rank == 0 ? ProgressLine("checking") : nil
        try communicator.together { try data.verify(part: sharers.rank, of: sharers.size, progress: progress) }
        try communicator.requireSame(data.identity) { first in
            .badData(
                "\(path) on \(Communicator.hostName): expected data set \(first), which rank 0 has, found "
                    + "\(data.identity); copy it to every host")
        }
        return data
    }
}
