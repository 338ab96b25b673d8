import CKernels
import Collectives
import Foundation

/// Writes a checkpoint: rank 0 has the parameters and collects the moments, shard by shard, straight into the files.
///
/// Everything goes to a folder with a temporary name; each file is flushed to the disk; the manifest is last; then the
/// folder gets its name. A crash at any moment leaves a whole checkpoint or none.
struct CheckpointWriter {
    let folder: CheckpointFolder
    let communicator: Communicator
    let layout: ParameterLayout
    let shards: [Range<Int>]
    /// Refuses to save what has numbers that are NaN or infinite: it would take the place of a checkpoint that has none. Only
    /// what is kept to be looked at may have them.
    var requiresFinite = true

    private static let chunk = 1 << 20
    /// A quarter of a megabyte.
    private static let block = 1 << 16

    /// All ranks call it together. An error on rank 0 reaches all of them.
    func write(
        step: Int, configuration: RunConfiguration, parameters: FlatBuffer, optimizer: ShardedAdam, keep: Int
    ) throws {
        do {
            try writeFiles(step: step, configuration, parameters, optimizer)
            try onRankZero { try folder.prune(keep: keep, upTo: step) }
        } catch let failure as AgreedFailure {
            // The disk may be full, and its reader will want the room.
            if communicator.rank == 0 { try? folder.removeUnfinished() }
            throw failure
        }
    }

    private func writeFiles(
        step: Int, _ configuration: RunConfiguration, _ parameters: FlatBuffer, _ optimizer: ShardedAdam
    ) throws {
        let target = folder.path(ofStep: step)
        let work = target + CheckpointFolder.partial
        try onRankZero {
            try FileAccess.makeFolder(folder.path)
            try folder.removeUnfinished()
            try FileAccess.makeNewFolder(work)
        }
        let everything = [0..<layout.count] + Array(repeating: 0..<0, count: communicator.size - 1)
        var files = [
            try writeTensors(CheckpointFolder.parametersFile, in: work, step: step, parameters, parts: everything),
            try writeTensors(
                CheckpointFolder.firstMomentFile, in: work, step: step, optimizer.firstMoment, parts: shards),
            try writeTensors(
                CheckpointFolder.secondMomentFile, in: work, step: step, optimizer.secondMoment, parts: shards),
        ]
        try onRankZero {
            files.append(try writeRunFile(configuration, in: work))
            let manifest = CheckpointManifest(
                step: step, fingerprint: Fingerprint(of: parameters.base, count: layout.count).description,
                parameters: layout.count, files: files)
            try manifest.write(inFolder: work)
            FileAccess.synchronize(work)
            folder.remove(target)
            try FileAccess.rename(work, to: target)
            FileAccess.synchronize(folder.path)
        }
    }

    /// One flat buffer as a safetensors file. Of rank r's buffer, the numbers are those of `parts[r]`; rank 0 receives
    /// them in rank order.
    private func writeTensors(
        _ name: String, in work: String, step: Int, _ buffer: FlatBuffer, parts: [Range<Int>]
    ) throws -> CheckpointManifest.File {
        var file = CheckpointManifest.File(name: name, bytes: 0, crc32c: "")
        var failure: Failure? = nil
        if communicator.rank == 0 {
            do {
                file = try receiveAndWrite(name, in: work, step: step, buffer, parts: parts)
            } catch let error as Failure {
                failure = error
            }
        } else {
            for part in Self.chunks(parts[communicator.rank].count) {
                let values = UnsafeBufferPointer(start: buffer.base + part.lowerBound, count: part.count)
                try communicator.send(values.span, to: 0)
            }
        }
        try communicator.together { if let failure { throw failure } }
        return file
    }

    private func receiveAndWrite(
        _ name: String, in work: String, step: Int, _ buffer: FlatBuffer, parts: [Range<Int>]
    ) throws -> CheckpointManifest.File {
        var checksum: UInt32 = 0
        var bytes = 0
        var failure: Failure? = nil
        var writer: SafetensorsWriter? = nil
        func attempt(_ body: () throws(Failure) -> Void) {
            guard failure == nil else { return }
            do throws(Failure) { try body() } catch { failure = error }
        }
        attempt { () throws(Failure) in
            writer = try SafetensorsWriter(
                path: "\(work)/\(name)", tensors: layout.specifications.map { (name: $0.name, shape: $0.shape) },
                metadata: ["format": "electra-dist", "step": "\(step)"],
                observe: {
                    checksum = ck_crc32c(checksum, $0.baseAddress, $0.count)
                    bytes += $0.count
                })
        }
        attempt { () throws(Failure) in
            try append(UnsafeBufferPointer(start: buffer.base, count: parts[0].count), of: name, to: &writer)
        }
        let received = FlatBuffer(count: Self.chunk)
        for rank in parts.indices.dropFirst() {
            for part in Self.chunks(parts[rank].count) {
                // Received even after a failure to write, as the others are sending.
                var values = UnsafeMutableBufferPointer(start: received.base, count: part.count).mutableSpan
                _ = try communicator.receive(into: &values, from: rank)
                attempt { () throws(Failure) in
                    try append(UnsafeBufferPointer(start: received.base, count: part.count), of: name, to: &writer)
                }
            }
        }
        attempt { () throws(Failure) in if let writer = writer.take() { try writer.finish() } }
        if let failure { throw failure }
        return CheckpointManifest.File(name: name, bytes: bytes, crc32c: hexadecimal(checksum))
    }

    /// In blocks that stay near the core: they are looked at, copied and summed up, and come from the memory once.
    private func append(
        _ values: UnsafeBufferPointer<Float>, of name: String, to writer: inout SafetensorsWriter?
    ) throws(Failure) {
        for start in stride(from: 0, to: values.count, by: Self.block) {
            let block = UnsafeBufferPointer(rebasing: values[start..<min(start + Self.block, values.count)])
            if requiresFinite, ck_count_not_finite(block.baseAddress, block.count) > 0 {
                throw try refusal(of: ck_count_not_finite(values.baseAddress, values.count), name)
            }
            try writer?.append(UnsafeRawBufferPointer(block))
        }
    }

    private func refusal(of found: Int, _ name: String) throws(Failure) -> Failure {
        let before = try folder.newest().map { "; the last good checkpoint is \($0)" } ?? ""
        return .software(
            "\(folder.path): not saved, as \(counted(found, "number")) of \(name) \(found == 1 ? "is" : "are") NaN or "
                + "infinite: the training has diverged\(before); start a run with a lower learning_rate or a longer warmup"
        )
    }

    private func writeRunFile(
        _ configuration: RunConfiguration, in work: String
    ) throws(Failure) -> CheckpointManifest.File {
        let bytes = Array(configuration.json.utf8)
        try FileAccess.write(bytes, to: "\(work)/\(RunConfiguration.fileName)")
        return CheckpointManifest.File(
            name: RunConfiguration.fileName, bytes: bytes.count, crc32c: hexadecimal(ck_crc32c(0, bytes, bytes.count)))
    }

    private static func chunks(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
    }

    private func onRankZero(_ body: () throws -> Void) throws {
        try communicator.together { if communicator.rank == 0 { try body() } }
    }
}
