import ElectraCorpus
import ElectraHuggingFace
import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining

/// A run of before that a new one starts from: its newest checkpoint, or a given one, bit by bit, and all of its fields but those
/// that are typed. So a second phase has other text, longer sequences or other rates (128 tokens, then 512), and a run that has
/// ended goes on.
struct InitialRun: Sendable {
    let checkpoint: RunCheckpoint
    /// Whether the optimiser goes on with what it remembers, too.
    let keepsMoments: Bool

    init(_ path: String, keepsMoments: Bool) throws(Failure) {
        checkpoint = try RunCheckpoint.open(path)
        try checkpoint.verify()
        self.keepsMoments = keepsMoments
    }

    var fingerprint: String { "run \(checkpoint.manifest.fingerprint)\(keepsMoments ? " with moments" : "")" }

    /// What comes from the data set, or from a run's own start, is none of them.
    var fields: [(key: String, value: ConfigurationValue)] {
        let own = ["data", "vocabulary_size", "initial_weights", "preset"]
        return RunConfiguration.fields.filter { !own.contains($0.key) }.map {
            (key: $0.key, value: $0.get(checkpoint.configuration))
        }
    }

    /// Refuses data of another vocabulary, and moments of other parameters.
    func check(_ run: RunConfiguration, data: DataSet) throws(Failure) {
        let folder = try RunFolder(ofCheckpoint: checkpoint.path)
        let (vocabulary, manifest) = try folder.trainedOn(checkpoint.configuration)
        guard data.vocabulary == vocabulary, data.manifest.rules == manifest.rules else {
            throw .usage(
                "\(data.path): its vocabulary (\(data.manifest.rules.name)) is not that of the run \(folder.path) "
                    + "(\(manifest.rules.name)); prepare the text with --vocab \(RunFolder.shellWord(folder.path))")
        }
        guard keepsMoments else { return }
        let (own, other) = (run.layout.trained.specifications, checkpoint.configuration.layout.trained.specifications)
        guard own.elementsEqual(other, by: { $0.name == $1.name && $0.shape == $1.shape }),
            run.optimizerState == checkpoint.configuration.optimizerState
        else {
            throw .usage(
                "--keep-moments: this run trains other parameters than \(folder.path), or by another optimizer, so what that one "
                    + "remembers does not fit; leave --keep-moments out")
        }
    }

    /// All parameters that it has. Returns what to tell.
    func load(into parameters: FlatBuffer, layout: ParameterLayout) throws(Failure) -> [String] {
        let file = try SafetensorsFile(path: checkpoint.parametersPath)
        var lacking: [String] = []
        for specification in layout.specifications {
            guard let tensor = file.tensors.first(where: { $0.name == specification.name }) else {
                lacking.append(specification.name)
                continue
            }
            guard tensor.shape == specification.shape else {
                throw .usage(
                    "\(checkpoint.path): \(tensor.name) is \(tensor.shape), and the new run's \(specification.shape); leave sizes to the run that it starts from"
                )
            }
            try file.withBytes(of: specification.name) { (bytes) throws(Failure) in
                let values = bytes.assumingMemoryBound(to: Float.self)
                (parameters.base + specification.offset).update(from: values.baseAddress!, count: specification.count)
            }
        }
        guard let first = lacking.first else { return [] }
        return [
            "note: \(checkpoint.path): has nothing for \(counted(lacking.count, "tensor")) of the new run, such as \(first): they start at random"
        ]
    }
}
