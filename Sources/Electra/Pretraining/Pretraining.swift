public import Collectives
public import ElectraCorpus
import ElectraModel
package import ElectraSupport
public import ElectraTraining

/// A checkpoint of a pre-training run.
package typealias RunCheckpoint = CheckpointReader<RunConfiguration>

/// A run of pre-training, made on all ranks together.
public enum Pretraining {
    /// `data` was opened by all ranks. A run that did not start yet begins with `initialWeights`.
    public static func run(
        _ configuration: RunConfiguration, folder: RunFolder, data: DataSet, initialWeights: InitialWeights? = nil,
        communicator: Communicator
    ) throws -> any PretrainingRun {
        try communicator.together {
            try configuration.checkRanks(communicator.size)
            try configuration.checkParameterCount()
        }
        let pool = try LanePool.start(threads: configuration.housekeeping.threads, on: communicator)
        return try pretrainer(
            configuration.makeObjective(data), configuration, folder: folder, data: data,
            initialWeights: initialWeights, communicator: communicator, pool: pool)
    }

    private static func pretrainer(
        _ objective: some PretrainingObjective, _ configuration: RunConfiguration, folder: RunFolder, data: DataSet,
        initialWeights: InitialWeights?, communicator: Communicator, pool: LanePool
    ) throws -> any PretrainingRun {
        let step = try TrainingStep(
            objective, configuration, examples: data.train, communicator: communicator, pool: pool)
        return Pretrainer(
            step, configuration, folder: folder, data: data, initialWeights: initialWeights, communicator: communicator)
    }
}

public protocol PretrainingRun: AnyObject {
    /// Of the parameters as they are.
    var fingerprint: String { get }
    /// Trains to the last step. Throws a `Failure` of kind `stoppedEarly` after a signal, with everything saved.
    func run() throws
}

extension TrainingStep where Task: PretrainingObjective {
    package convenience init(
        _ objective: Task, _ configuration: RunConfiguration, examples: SequenceStore, communicator: Communicator,
        pool: LanePool
    ) throws {
        let kernels = try configuration.agreeOnKernels(over: communicator)
        try self.init(
            ModelState(objective, kernels, pool: pool), configuration.stepOptions, examples: examples,
            exampleCount: examples.count, communicator: communicator)
    }
}

extension RunConfiguration {
    func agreeOnKernels(over communicator: Communicator) throws -> JobKernels {
        try JobKernels.agree(on: precision, over: communicator) {
            KernelProbe.fingerprint(of: self, $0)
        }
    }

    package func checkRanks(_ ranks: Int) throws(Failure) {
        guard ranks <= division.slices else {
            throw .usage(
                "\(ranks) ranks: more than the \(division.slices) slices that a step is divided into; "
                    + "use at most \(division.slices) ranks, or start a run with more --slices "
                    + "(they must divide batch \(division.batch))"
            )
        }
    }

    /// MPI counts in C ints.
    package func checkParameterCount() throws(Failure) {
        let count = layout.count
        guard count <= Int32.max else {
            throw .usage("a model of \(count) parameters: expected at most \(Int32.max); choose smaller sizes")
        }
    }
}
