import CKernels
package import Collectives
import ElectraCorpus
import ElectraKernels
package import ElectraPretraining
import ElectraSupport
package import ElectraTraining
import Glibc

/// Runs training steps on random text under the kernels' clock.
package enum StepBenchmark {
    /// All ranks call it together; rank 0 gets the report, the others nil. The fields are those of a run; `steps` is
    /// how many are measured, after two that are not.
    package static func run(
        _ fields: RunConfiguration, vocabularySize: Int, steps: Int, communicator: Communicator
    ) throws -> BenchmarkReport? {
        var configuration = fields
        let length = configuration.networks.maxLength
        let data = try communicator.together {
            guard Manifest.lengths.contains(length) else {
                throw Failure.usage("--max-length \(length): expected at most \(Manifest.lengths.upperBound)")
            }
            return try SyntheticDataSet.make(
                sequences: min(configuration.division.batch * (steps + warmUp), 4096), length: length,
                vocabularySize: vocabularySize)
        }
        try communicator.together {
            try configuration.take(data)
            try configuration.checkParameterCount()
            try configuration.checkRanks(communicator.size)
        }
        let hosts = try HostGrid(communicator).hosts
        if communicator.rank == 0 {
            configuration.notes(ranks: communicator.size, hosts: hosts, data: data).forEach(ProgressLine.note)
        }
        let pool = try LanePool.start(threads: configuration.housekeeping.threads, on: communicator)
        defer { pool.stop() }
        let step = try makeStep(
            configuration.makeObjective(data), configuration, data, communicator: communicator, pool: pool)
        return try measure(
            step, title: "preset \(configuration.preset)", length: length, steps: steps, communicator: communicator)
    }

    /// With random parameters.
    static func makeStep(
        _ objective: some PretrainingObjective, _ configuration: RunConfiguration, _ data: DataSet,
        communicator: Communicator, pool: LanePool
    ) throws -> any MeasurableStep {
        let step = try TrainingStep(
            objective, configuration, examples: data.train, communicator: communicator, pool: pool)
        try step.initializeParameters()
        return step
    }

    /// The steps of any task; `title` says what is trained. All ranks call it together.
    package static func measure(
        _ step: any MeasurableStep, title: String, length: Int?, steps: Int, communicator: Communicator
    ) throws -> BenchmarkReport? {
        let pool = step.pool
        let times = (0..<pool.count).map { _ in KernelTimes() }
        let progress = communicator.rank == 0 ? ProgressLine("measuring") : nil
        progress?.announce("products, then \(warmUp) steps that do not count, then \(steps)")
        defer { progress?.finish() }
        var rates = [productRate(pool, step.precision)]
        var seconds: [Double] = []
        var tokens = 0
        for number in 0..<warmUp + steps {
            if number == warmUp {
                pool.run { times[$0].start() }
                _ = try step.communicationReport()
            }
            let stopwatch = Stopwatch()
            let result = try step.run(step: number)
            if number >= warmUp {
                seconds.append(stopwatch.seconds)
                tokens += result.tokens
            }
            let share = Double(number + 1) / Double(warmUp + steps)
            progress?.update(fraction: share, detail: "step \(number + 1) of \(warmUp + steps)")
        }
        try step.settle()
        let communication = try step.communicationReport()
        pool.run { _ in KernelTimes.stop() }
        rates.append(productRate(pool, step.precision))
        guard communicator.rank == 0 else { return nil }
        return BenchmarkReport(
            title: title, precision: step.precision.rawValue, batch: step.options.division.batch, length: length,
            ranks: communicator.size, threads: pool.count, stepSeconds: seconds, tokens: tokens / steps,
            rows: KernelKind.allCases.map { row($0, times, steps: Double(steps)) }, productRates: rates,
            instructionPeak: InstructionPeak(step.precision), residentBytes: residentBytes(),
            communication: communication)
    }

    private static let warmUp = 2

    private static func row(_ kind: KernelKind, _ times: [KernelTimes], steps: Double) -> BenchmarkReport.Row {
        let all = times.map { $0[kind] }
        return BenchmarkReport.Row(
            title: kind.title, seconds: Double(all.reduce(0) { $0 + $1.nanoseconds }) * 1e-9 / steps,
            calls: Double(all.reduce(0) { $0 + $1.calls }) / steps,
            operations: all.reduce(0) { $0 + $1.operations } / steps, bytes: all.reduce(0) { $0 + $1.bytes } / steps)
    }

    /// The mean over the lanes, which all multiply at the same time, as in a step.
    private static func productRate(_ pool: LanePool, _ precision: ProductPrecision) -> Double {
        let rates = FlatBuffer(count: pool.count)
        pool.run { lane in
            let (one, other) = (FlatBuffer(count: 1 << 20), FlatBuffer(count: 1 << 20))
            ck_fill(one.base, one.count, 1)
            rates.base[lane] = Float(MatrixProduct.operationsPerSecond(in: one, into: other, precision))
        }
        return (0..<pool.count).reduce(0) { $0 + Double(rates.base[$1]) } / Double(pool.count)
    }

    private static func residentBytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
