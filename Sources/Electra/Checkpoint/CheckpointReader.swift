import Collectives

/// Reads a checkpoint, checked against its manifest and against the model that is to take it.
public struct CheckpointReader {
    public let path: String
    public let manifest: CheckpointManifest
    public let configuration: RunConfiguration

    public static func isCheckpoint(_ path: String) -> Bool {
        FileAccess.kind(of: "\(path)/\(CheckpointFolder.parametersFile)") == .file
    }

    public init(_ path: String) throws(Failure) {
        self.path = path
        manifest = try CheckpointManifest.read(inFolder: path)
        // Before anything is made of it, for a damaged field would be called an unknown one.
        for file in manifest.files where file.name == RunConfiguration.fileName { try Self.verify(file, in: path) }
        configuration = try RunConfiguration.read(from: "\(path)/\(RunConfiguration.fileName)")
        guard manifest.step <= configuration.steps else {
            throw .badData(
                "\(path)/\(CheckpointManifest.fileName): expected a step up to the \(configuration.steps) of its run, found "
                    + "\(manifest.step); \(CheckpointFolder.remedy)")
        }
    }

    /// A checkpoint, or the newest one of a run.
    public static func open(_ path: String) throws(Failure) -> CheckpointReader {
        guard let checkpoint = try Self.path(in: path) else { throw noCheckpoint(in: path) }
        return try CheckpointReader(checkpoint)
    }

    static func noCheckpoint(in run: String) -> Failure { .usage("\(run): this run has no checkpoint yet") }

    /// The checkpoint itself, or the newest one of a run; nil if that has none yet.
    static func path(in path: String) throws(Failure) -> String? {
        if isCheckpoint(path) { return path }
        let run = RunFolder(path)
        guard run.exists else {
            if FileAccess.kind(of: path) == .missing { throw .inputOutput("\(path): no such folder; check the path") }
            throw .badData("\(path): neither a run nor a checkpoint; check the path")
        }
        try run.checkpoints.notesOnDamaged().forEach(ProgressLine.note)
        return try run.checkpoints.newest()
    }

    /// Compares the sizes and checksums of all files, and what the manifest says with what is in them.
    public func verify() throws(Failure) {
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
        for name in CheckpointFolder.contents where name != RunConfiguration.fileName {
            let file = try SafetensorsFile(path: "\(path)/\(name)")
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

    /// All parameters.
    func readParameters(layout: ParameterLayout, into parameters: FlatBuffer) throws(Failure) {
        try read(CheckpointFolder.parametersFile, layout: layout, part: 0..<layout.count, into: parameters)
    }

    /// The part of the moments that a rank owns.
    func readMoments(layout: ParameterLayout, optimizer: ShardedAdam) throws(Failure) {
        try read(
            CheckpointFolder.firstMomentFile, layout: layout, part: optimizer.shard, into: optimizer.firstMoment)
        try read(
            CheckpointFolder.secondMomentFile, layout: layout, part: optimizer.shard, into: optimizer.secondMoment)
    }

    /// Elements `part` of the flat buffer that the file holds. Its tensors must be exactly the model's.
    private func read(
        _ name: String, layout: ParameterLayout, part: Range<Int>, into buffer: FlatBuffer
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
            guard specification.range.overlaps(part) else { continue }
            let wanted = specification.range.clamped(to: part)
            let size = MemoryLayout<Float>.stride
            let target = UnsafeMutableBufferPointer(
                start: buffer.base + (wanted.lowerBound - part.lowerBound), count: wanted.count)
            try file.withBytes(of: specification.name) { bytes in
                UnsafeMutableRawBufferPointer(target).copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: bytes.baseAddress! + (wanted.lowerBound - specification.offset) * size,
                        count: wanted.count * size))
            }
            try file.checkWeights(UnsafeBufferPointer(target), of: specification.name)
        }
    }
}
