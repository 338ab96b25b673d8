package import Collectives
package import ElectraCorpus
import ElectraModel
package import ElectraSupport
package import ElectraTraining

/// A run's model, opened to be measured: its newest checkpoint, or a given one, on held-out text.
package final class Evaluator {
    package let manifest: CheckpointManifest
    /// What the run was trained on, where the data to measure on are others.
    package let otherData: String?
    /// nil for a checkpoint that was copied elsewhere: it has no run that could tell anything.
    private let run: RunFolder?
    private let configuration: RunConfiguration
    private let data: DataSet
    private let communicator: Communicator
    private let pool: LanePool
    private let measurement: any Measurement

    /// All ranks make it together, with the same checkpoint and data, which were opened by all of them.
    package init(
        checkpoint: RunCheckpoint, data: DataSet, threads: Int, communicator: Communicator
    ) throws {
        var configuration = checkpoint.configuration
        configuration.housekeeping.threads = threads
        let run = try? RunFolder(ofCheckpoint: checkpoint.path)
        self.run = run
        otherData = run?.trainedOnOther(than: data, configuration)
        try communicator.together {
            try configuration.checkRanks(communicator.size)
            try configuration.checkParameterCount()
            guard data.vocabulary.count == configuration.networks.vocabularySize else {
                throw Failure.usage(
                    "\(data.path): a vocabulary of \(data.vocabulary.count), the model's has "
                        + "\(configuration.networks.vocabularySize); prepare the text with the run's vocab.txt")
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
            guard data.manifest.maxLength <= configuration.networks.maxPositions else {
                throw Failure.usage(
                    "\(data.path): sequences of up to \(data.manifest.maxLength) tokens, the model "
                        + "takes \(configuration.networks.maxPositions); prepare the text with a smaller --max-length")
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
        measurement = try Self.measurement(
            configuration.makeObjective(data), checkpoint, configuration, data, communicator,
            pool)
    }

    deinit { pool.stop() }

    package var sequences: Int { data.heldOut.count }
    /// Of an objective that has no discriminator there are no demonstrations.
    package var replacesTokens: Bool { configuration.objective.name.hasDiscriminator }

    /// Over all held-out sequences.
    package func metrics() throws -> Metrics {
        let progress = communicator.rank == 0 ? ProgressLine("evaluating") : nil
        progress?.announce(counted(data.heldOut.count, "sequence"))
        defer { progress?.finish() }
        return try measurement.metrics { share in
            progress?.update(fraction: share, detail: counted(data.heldOut.count, "sequence"))
        }
    }

    /// What the figures mean. On this rank alone.
    package func sentences(on metrics: Metrics) -> [String] {
        FiguresInWords(
            metrics, of: configuration, commonestToken: data.heldOut.shareOfCommonestToken(data.vocabulary)
        ).sentences
    }

    /// Keeps them in the run, for model cards. On this rank alone.
    package func record(_ metrics: Metrics) throws(Failure) {
        try run?.record(metrics, of: manifest, on: data)
    }

    /// Sentences with one word replaced; see `ReplacementDemonstration`. On this rank alone.
    package func demonstrations(most: Int) throws(Failure) -> [ReplacementDemonstration.Example] {
        let progress = ProgressLine("evaluating")
        progress.announce("replacing words in sentences")
        defer { progress.finish() }
        return try measurement.demonstrations(most: most)
    }

    private static func measurement<Objective: PretrainingObjective>(
        _ objective: Objective, _ checkpoint: RunCheckpoint, _ configuration: RunConfiguration, _ data: DataSet,
        _ communicator: Communicator, _ pool: LanePool
    ) throws -> any Measurement {
        let model = ModelState(objective, try configuration.agreeOnKernels(over: communicator), pool: pool)
        try communicator.together {
            try checkpoint.readParameters(layout: model.layout, into: model.parameters.buffer)
        }
        return ObjectiveMeasurement(
            model: model,
            lanes: try Lanes(model, configuration.division, over: communicator, grid: HostGrid(communicator)),
            configuration: configuration, data: data)
    }
}

/// What an evaluator measures, whatever the objective.
private protocol Measurement {
    func metrics(beforeBatch: (_ share: Double) throws -> Void) throws -> Metrics
    func demonstrations(most: Int) throws(Failure) -> [ReplacementDemonstration.Example]
}

private struct ObjectiveMeasurement<Objective: PretrainingObjective>: Measurement {
    let model: ModelState<Objective>
    let lanes: Lanes<Objective>
    let configuration: RunConfiguration
    let data: DataSet

    func metrics(beforeBatch: (Double) throws -> Void) throws -> Metrics {
        try HeldOutEvaluation(model, lanes, examples: data.heldOut, sequences: data.heldOut.count).run(
            beforeBatch: beforeBatch)
    }

    /// Of an objective that replaces no tokens there are none.
    func demonstrations(most: Int) throws(Failure) -> [ReplacementDemonstration.Example] {
        var honest = configuration
        honest.objective.disallowsCorrect = true
        guard let objective = honest.makeObjective(data) as? any ReplacedTokenObjective else {
            return []
        }
        model.prepareWeights()
        return try examples(objective, most: most)
    }

    private func examples<Other: ReplacedTokenObjective>(
        _ objective: Other, most: Int
    ) throws(Failure) -> [ReplacementDemonstration.Example] {
        guard let parameters = model.parameters.windows as? Other.Parameters else { return [] }
        return try ReplacementDemonstrator(
            objective: objective, parameters: parameters, data: data, seed: configuration.seed
        ).examples(most: most)
    }
}
