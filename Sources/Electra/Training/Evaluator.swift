public import Collectives

/// A run's model, opened to be measured: its newest checkpoint, or a given one, on held-out text.
public final class Evaluator {
    public let manifest: CheckpointManifest
    /// What the run was trained on, where the data to measure on are others.
    public let otherData: String?
    /// nil for a checkpoint that was copied elsewhere: it has no run that could tell anything.
    private let run: RunFolder?
    private let configuration: RunConfiguration
    private let data: DataSet
    private let communicator: Communicator
    private let pool: LanePool
    private let step: PretrainingStep

    /// All ranks make it together, with the same checkpoint and data, which were opened by all of them.
    public init(
        checkpoint: CheckpointReader, data: DataSet, threads: Int, communicator: Communicator
    ) throws {
        var configuration = checkpoint.configuration
        configuration.threads = threads
        let run = try? RunFolder(ofCheckpoint: checkpoint.path)
        self.run = run
        otherData = run?.trainedOnOther(than: data, configuration)
        try communicator.together {
            try configuration.checkRanks(communicator.size)
            try configuration.checkParameterCount()
            guard data.vocabulary.count == configuration.vocabularySize else {
                throw Failure.usage(
                    "\(data.path): a vocabulary of \(data.vocabulary.count), the model's has "
                        + "\(configuration.vocabularySize); prepare the text with the run's vocab.txt")
            }
            if let run {
                let (_, trainedOn) = try run.trainedOn(configuration)
                guard data.manifest.vocabularyChecksum == trainedOn.vocabularyChecksum,
                    data.manifest.addedWords == trainedOn.addedWords,
                    data.manifest.rules.name == trainedOn.rules.name
                else {
                    throw Failure.usage(
                        "\(data.path): its vocabulary (\(data.manifest.rules.name)) is not that which the model was trained "
                            + "with (\(trainedOn.rules.name), of \(run.placeOfData ?? trainedOn.sourceNames)); prepare the text "
                            + "with --vocab \(run.path)")
                }
            }
            guard data.manifest.maxLength <= configuration.maxPositions else {
                throw Failure.usage(
                    "\(data.path): sequences of up to \(data.manifest.maxLength) tokens, the model "
                        + "takes \(configuration.maxPositions); prepare the text with a smaller --max-length")
            }
            guard data.heldOut.count > 0 else {
                throw Failure.usage("\(data.path): no held-out sequences; prepare it with --held-out above 0")
            }
        }
        self.configuration = configuration
        self.data = data
        self.communicator = communicator
        manifest = checkpoint.manifest
        pool = try LanePool.start(threads: threads, on: communicator)
        step = try PretrainingStep(
            configuration, data: data.heldOut, masking: configuration.masking(data), communicator: communicator,
            pool: pool)
        try communicator.together {
            try checkpoint.readParameters(layout: step.layout, into: step.parameters.buffer)
        }
    }

    deinit { pool.stop() }

    public var sequences: Int { data.heldOut.count }

    /// Over all held-out sequences.
    public func metrics() throws -> Metrics {
        let progress = communicator.rank == 0 ? ProgressLine("evaluating") : nil
        progress?.announce(counted(data.heldOut.count, "sequence"))
        defer { progress?.finish() }
        return try HeldOutEvaluation(step, store: data.heldOut, mostSequences: .max).run { share in
            progress?.update(fraction: share, detail: counted(data.heldOut.count, "sequence"))
        }
    }

    /// What the figures mean. On this rank alone.
    public func sentences(on metrics: Metrics) -> [String] {
        FiguresInWords(
            metrics, of: configuration, commonestToken: data.heldOut.shareOfCommonestToken(data.vocabulary)
        ).sentences
    }

    /// Keeps them in the run, for model cards. On this rank alone.
    public func record(_ metrics: Metrics) throws(Failure) {
        try run?.record(metrics, of: manifest, on: data)
    }

    /// Sentences with one word replaced; see `ReplacementDemonstration`. On this rank alone.
    public func demonstrations(most: Int) throws(Failure) -> [ReplacementDemonstration.Example] {
        let progress = ProgressLine("evaluating")
        progress.announce("replacing words in sentences")
        defer { progress.finish() }
        step.prepareWeights()
        return try ReplacementDemonstration(
            networks: step.networks, parameters: step.parameters.windows, data: data, seed: configuration.seed
        ).examples(most: most)
    }
}

extension RunConfiguration {
    func masking(_ data: DataSet) -> Masking {
        Masking(
            probability: maskProbability, maximumLength: data.manifest.maxLength, withReplacement: maskWithReplacement,
            cls: data.vocabulary.classifier, sep: data.vocabulary.separator, mask: data.vocabulary.mask)
    }
}
