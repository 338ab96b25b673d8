import CKernels
package import Collectives
import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel
import ElectraSupport
import Foundation

/// Writes a checkpoint: rank 0 has the parameters and collects what the optimiser remembers, rank by rank, straight into the
/// files.
///
/// Everything goes to a folder with a temporary name; each file is flushed to the disk; the manifest is last; then the
/// folder gets its name. A crash at any moment leaves a whole checkpoint or none.
package struct CheckpointWriter {
    package let folder: CheckpointFolder
    package let communicator: Communicator
    package let layout: ParameterLayout
    package let ownership: Ownership
    /// Refuses to save what has numbers that are NaN or infinite: it would take the place of a checkpoint that has none. Only
    /// what is kept to be looked at may have them.
    package var requiresFinite = true

    package init(
        folder: CheckpointFolder, communicator: Communicator, layout: ParameterLayout, ownership: Ownership,
        requiresFinite: Bool = true
    ) {
        self.folder = folder
        self.communicator = communicator
        self.layout = layout
        self.ownership = ownership
        self.requiresFinite = requiresFinite
    }

    private static let chunk = 1 << 20
    /// A quarter of a megabyte.
    private static let block = 1 << 16

    /// All ranks call it together. An error on rank 0 reaches all of them.
    package func write(
        step: Int, account: TrainingAccount? = nil, isKept: Bool = false, configuration: some RunFile,
        parameters: FlatBuffer, optimizer: any Optimizer, keep: Int
    ) throws {
        do {
            try writeFiles(step: step, account, isKept, configuration, parameters, optimizer)
            try onRankZero { try folder.prune(keep: keep, upTo: step) }
        } catch let failure as AgreedFailure {
            // The disk may be full, and its reader will want the room.
            if communicator.rank == 0 { try? folder.removeUnfinished() }
            throw failure
        }
    }

    private func writeFiles(
        step: Int, _ account: TrainingAccount?, _ isKept: Bool, _ configuration: some RunFile,
        _ parameters: FlatBuffer, _ optimizer: any Optimizer
    ) throws {
        let target = folder.path(ofStep: step)
        let work = target + CheckpointFolder.partial
        try onRankZero {
            try FileAccess.makeFolder(folder.path)
            try folder.removeUnfinished()
            try FileAccess.makeNewFolder(work)
        }
        var files = [
            try writeTensors(
                CheckpointFolder.parametersFile, in: work, step: step, parameters, layout,
                Ownership(count: layout.count, ranks: 1))
        ]
        for state in optimizer.state {
            files.append(
                try writeTensors(
                    CheckpointFolder.stateFile(state.name), in: work, step: step, state.buffer, layout.trained,
                    ownership))
        }
        try onRankZero {
            files.append(try writeRunFile(configuration, in: work))
            let manifest = CheckpointManifest(
                step: step, fingerprint: Fingerprint(of: parameters.base, count: layout.count).description,
                parameters: layout.count, account: account, isKept: isKept ? true : nil, files: files)
            try manifest.write(inFolder: work)
            FileAccess.synchronize(work)
            folder.remove(target)
            try FileAccess.rename(work, to: target)
            FileAccess.synchronize(folder.path)
        }
    }

    /// One flat buffer as a safetensors file. Of a rank's buffer, the numbers are those that it owns; rank 0 receives them in
    /// their order.
    private func writeTensors(
        _ name: String, in work: String, step: Int, _ buffer: FlatBuffer, _ layout: ParameterLayout,
        _ ownership: Ownership
    ) throws -> CheckpointManifest.File {
        var file = CheckpointManifest.File(name: name, bytes: 0, crc32c: "")
        var failure: Failure? = nil
        if communicator.rank == 0 {
            do {
                file = try receiveAndWrite(name, in: work, step: step, buffer, layout, ownership)
            } catch let error as Failure {
                failure = error
            }
        } else {
            let own = ownership.owned(by: communicator.rank)
            for range in own.ranges where !range.isEmpty {
                let start = buffer.base + own.place(of: range.lowerBound)
                for part in Self.chunks(range.count) {
                    let values = UnsafeBufferPointer(start: start + part.lowerBound, count: part.count)
                    try communicator.send(values.span, to: 0)
                }
            }
        }
        try communicator.together { if let failure { throw failure } }
        return file
    }

    private func receiveAndWrite(
        _ name: String, in work: String, step: Int, _ buffer: FlatBuffer, _ layout: ParameterLayout,
        _ ownership: Ownership
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
        let received = FlatBuffer(count: Self.chunk)
        let own = ownership.owned(by: 0)
        for (rank, range) in ownership.inOrder() {
            if rank == 0 {
                let values = UnsafeBufferPointer(
                    start: buffer.base + own.place(of: range.lowerBound), count: range.count)
                attempt { () throws(Failure) in try append(values, of: name, to: &writer) }
                continue
            }
            for part in Self.chunks(range.count) {
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
        _ configuration: some RunFile, in work: String
    ) throws(Failure) -> CheckpointManifest.File {
        let bytes = Array(configuration.json.utf8)
        try FileAccess.write(bytes, to: "\(work)/\(runFileName)")
        return CheckpointManifest.File(
            name: runFileName, bytes: bytes.count, crc32c: hexadecimal(ck_crc32c(0, bytes, bytes.count)))
    }

    private static func chunks(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
    }

    private func onRankZero(_ body: () throws -> Void) throws {
        try communicator.together { if communicator.rank == 0 { try body() } }
    }
}
