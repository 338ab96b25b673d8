package import Collectives
import ElectraSupport

extension CheckpointReader {
    /// Opens and verifies a checkpoint, or the newest one of a run, on all ranks together.
    package static func open(_ path: String, on communicator: Communicator) throws -> CheckpointReader {
        guard
            let reader = try open(on: communicator, { try CheckpointFolder.checkpoint(in: path) })
        else {
            throw noCheckpoint(in: path)
        }
        return reader
    }

    /// The one that rank 0 finds, in case others see an older state of a network file system; nil if there is none. Every
    /// rank reads all parameters and its part of the moments. Each host may have a copy of its own: one rank checks it, and
    /// all copies have to be the same.
    package static func open(
        on communicator: Communicator, _ find: () throws -> String?
    ) throws -> CheckpointReader? {
        let found = try communicator.together { communicator.rank == 0 ? try find() ?? "" : "" }
        let path = try communicator.broadcast(found, from: 0)
        if path.isEmpty { return nil }
        let reader = try communicator.together { try CheckpointReader(path) }
        let sharers = try communicator.thoseWhoSee(reader.manifest.files.map { "\(path)/\($0.name)" })
        try communicator.together { if sharers.rank == 0 { try reader.verify() } }
        let contents = reader.manifest.files.map { "\($0.name) \($0.crc32c)" }.sorted().joined(separator: ", ")
        try communicator.requireSame(contents) { _ in
            .badData(
                "\(path) on \(Communicator.hostName): is another checkpoint than rank 0's; copy that to every host")
        }
        return reader
    }
}
