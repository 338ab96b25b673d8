import Collectives
import ElectraCorpus
import ElectraKernels
import ElectraPretraining
import ElectraSupport
import ElectraTraining

/// How fast a rank trains by itself, on all its lanes: what plans for many nodes start from.
enum TrainingRateMeasurement {
    /// For each precision that the CPU has; nil where `memory`, in bytes, is not enough. `bandwidth` of a lane is in bytes a
    /// second.
    static func rates(
        preset: String, threads: Int, memory: Int, bandwidth: Double
    ) throws -> [DoctorReport.TrainingRate]? {
        var rates: [DoctorReport.TrainingRate] = []
        for precision in ProductPrecision.allCases where precision.isAvailable {
            var run = try RunConfiguration.resolve(
                preset: preset, file: nil,
                options: [
                    ("precision", .text(precision.rawValue)), ("threads", .integer(threads)),
                    ("batch", .integer(threads)), ("slices", .integer(threads)),
                ])
            run.networks.vocabularySize = vocabularySize
            let sequences = operationsOfLane / RunOutline(run).operationsPerSequence
            run.division.batch *= Int(min(max(sequences, 1), 8))
            let lanes = LaneLayout(nodes: 1, ranksPerNode: 1, lanesPerRank: threads)
            let outline = RunOutline(run)
            if outline.memory(on: lanes) > 0.8 * Double(memory) { return nil }
            let seconds = try secondsOfStep(run) - StepForecast.memoryWork(outline, on: lanes, bandwidth: bandwidth)
            let operations = outline.operationsPerSequence * Double(run.division.batch / threads)
            rates.append(
                DoctorReport.TrainingRate(
                    preset: preset, precision: precision.rawValue, gigaflopsPerSecond: operations / seconds / 1e9))
        }
        return rates
    }

    /// Of a lane, in a step: half a second and more.
    private static let operationsOfLane = 60e9
    private static let vocabularySize = 30_522

    /// The middle one of three, as a run goes on for long; after one that makes room.
    private static func secondsOfStep(_ run: RunConfiguration) throws -> Double {
        let data = try SyntheticDataSet.make(
            sequences: run.division.batch, length: run.networks.maxLength, vocabularySize: vocabularySize)
        let pool = try LanePool(count: run.housekeeping.threads)
        defer { pool.stop() }
        let step = try StepBenchmark.makeStep(
            run.makeObjective(data), run, data, communicator: .alone, pool: pool)
        _ = try step.run(step: 0)
        var seconds: [Double] = []
        for number in 1...3 {
            let stopwatch = Stopwatch()
            _ = try step.run(step: number)
            seconds.append(stopwatch.seconds)
        }
        return seconds.sorted()[1]
    }
}
