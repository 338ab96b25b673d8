import Collectives
import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel
package import ElectraSupport

/// Reads a checkpoint, checked against its manifest and against the model that is to take it.
package struct CheckpointReader<Run: RunFile>: Sendable {
    package let path: String
    package let manifest: CheckpointManifest
    package let configuration: Run

    package init(_ path: String) throws(Failure) {
        self.path = path
        manifest = try CheckpointManifest.read(inFolder: path)
        // Before anything is made of it, for a damaged field would be called an unknown one.
        for file in manifest.files where file.name == runFileName { try Self.verify(file, in: path) }
        configuration = try Run.read(from: "\(path)/\(runFileName)")
        try manifest.checkFiles(
            are: CheckpointFolder.contents(optimizerState: configuration.optimizerState), path)
        guard manifest.step <= configuration.steps else {
            throw .badData(
                "\(path)/\(CheckpointManifest.fileName): expected a step up to the \(configuration.steps) of its run, found "
                    + "\(manifest.step); \(CheckpointFolder.remedy)")
        }
    }

    /// A checkpoint, or the newest one of a run.
    package static func open(_ path: String) throws(Failure) -> CheckpointReader {
        guard let checkpoint = try CheckpointFolder.checkpoint(in: path) else { throw noCheckpoint(in: path) }
        return try CheckpointReader(checkpoint)
    }

    static func noCheckpoint(in run: String) -> Failure { .usage("\(run): this run has no checkpoint yet") }

    /// Compares the sizes and checksums of all files, and what the manifest says with what is in them.
    package func verify() throws(Failure) {
        // A large one takes seconds.
        let progress = ProgressLine("checking")
        progress.announce(path)
        defer { progress.finish() }
        for file in manifest.files { try Self.verify(file, in: path) }
        let parameters = try SafetensorsFile(path: "\(path)/\(CheckpointFolder.parametersFile)")
        guard parameters.metadata["step"] == "\(manifest.step)" else {
            throw .badData(
                "\(path)/\(CheckpointManifest.fileName): expected step \(parameters.metadata["step"] ?? "none"), as in "
                    + "\(CheckpointFolder.parametersFile), found \(manifest.step); " + CheckpointFolder.remedy)
        }
        let (fingerprint, count) = try parameters.withBytesOfAll { (bytes) throws(Failure) in
            let numbers = bytes.assumingMemoryBound(to: Float.self)
            let fingerprint = numbers.baseAddress.map { Fingerprint(of: $0, count: numbers.count).description }
            return (fingerprint ?? "none", numbers.count)
        }
        guard fingerprint == manifest.fingerprint, count == manifest.parameters else {
            throw .badData(
                "\(path)/\(CheckpointManifest.fileName): expected \(count) parameters \(fingerprint), as in "
                    + "\(CheckpointFolder.parametersFile), found \(manifest.parameters) \(manifest.fingerprint); "
                    + CheckpointFolder.remedy)
        }
        try checkAreFinite()
    }

    /// Such numbers came of a training that diverged; older versions saved them.
    private func checkAreFinite() throws(Failure) {
        for tensors in manifest.files where tensors.name != runFileName {
            let file = try SafetensorsFile(path: "\(path)/\(tensors.name)")
            for tensor in file.tensors where tensor.element == .float32 {
                try file.withBytes(of: tensor.name) { (bytes) throws(Failure) in
                    try file.checkWeights(bytes.assumingMemoryBound(to: Float.self), of: tensor.name)
                }
            }
        }
    }

    private static func verify(_ file: CheckpointManifest.File, in folder: String) throws(Failure) {
        let path = "\(folder)/\(file.name)"
        guard FileAccess.kind(of: path) != .missing else {
            throw .badData(
                "\(path): expected \(file.bytes) bytes, found no such file; \(CheckpointFolder.readingRemedy)")
        }
        let map = try MemoryMap(path: path, remedy: CheckpointFolder.readingRemedy)
        guard map.bytes.count == file.bytes else {
            throw .badData(
                "\(path): expected \(file.bytes) bytes, found \(map.bytes.count); " + CheckpointFolder.remedy)
        }
        guard map.checksum == file.crc32c else {
            throw .badData(
                "\(path): expected checksum \(file.crc32c), found \(map.checksum): the file is damaged; "
                    + CheckpointFolder.remedy)
        }
    }

    package var parametersPath: String { "\(path)/\(CheckpointFolder.parametersFile)" }

    /// All parameters.
    package func readParameters(layout: ParameterLayout, into parameters: FlatBuffer) throws(Failure) {
        try read(CheckpointFolder.parametersFile, layout: layout, .all(of: layout.count), into: parameters)
    }

    /// What this rank's part of the optimiser remembers.
    package func readState(of optimizer: any Optimizer, owning owned: OwnedElements, layout: ParameterLayout)
        throws(Failure)
    {
        for state in optimizer.state {
            try read(CheckpointFolder.stateFile(state.name), layout: layout.trained, owned, into: state.buffer)
        }
    }

    /// The owned elements that the file holds. Its tensors must be exactly the model's.
    private func read(
        _ name: String, layout: ParameterLayout, _ owned: OwnedElements, into buffer: FlatBuffer
    ) throws(Failure) {
        let file = try SafetensorsFile(path: "\(path)/\(name)")
        guard file.tensors.count == layout.specifications.count else {
            throw .badData(
                "\(file.path): expected \(layout.specifications.count) tensors, found "
                    + "\(file.tensors.count): this is a checkpoint of another model")
        }
        for specification in layout.specifications {
            let tensor = try file.tensor(specification.name, shape: specification.shape)
            guard tensor.element == .float32 else {
                throw .badData("\(file.path): \(tensor.name) is \(tensor.element.rawValue), expected F32")
            }
            for range in owned.ranges where specification.range.overlaps(range) {
                let wanted = specification.range.clamped(to: range)
                let target = UnsafeMutableBufferPointer(
                    start: buffer.base + owned.place(of: wanted.lowerBound), count: wanted.count)
                try copy(wanted, of: specification, in: file, to: target)
            }
        }
    }

    private func copy(
        _ wanted: Range<Int>, of specification: ParameterSpecification, in file: SafetensorsFile,
        to target: UnsafeMutableBufferPointer<Float>
    ) throws(Failure) {
        let size = MemoryLayout<Float>.stride
        try file.withBytes(of: specification.name) { bytes in
            UnsafeMutableRawBufferPointer(target).copyMemory(
                from: UnsafeRawBufferPointer(
                    start: bytes.baseAddress! + (wanted.lowerBound - specification.offset) * size,
                    count: wanted.count * size))
        }
        try file.checkWeights(UnsafeBufferPointer(target), of: specification.name)
    }
}
