import ElectraSupport
import ElectraTraining
import Foundation

/// What rank 0 shows and writes while a seed is trained.
final class FineTuningReporter {
    private let run: FineTuningConfiguration
    private let log: MetricsLog
    private let metric: String
    private let progress = ProgressLine("finetuning")
    private let clock = Stopwatch()
    // Time in steps alone: of all, and of those since the last line of metrics.
    private var stepClock = Stopwatch()
    private(set) var seconds = 0.0
    private var steps = 0
    private var windowSeconds = 0.0
    private var windowTokens = 0
    private var rate = Double.nan
    private var lastScore: Double?

    init(_ run: FineTuningConfiguration, log: MetricsLog, metric: String) {
        self.run = run
        self.log = log
        self.metric = metric
    }

    var examplesPerSecond: Double { Double(steps * run.division.batch) / max(seconds, 1e-9) }

    func begin(at step: Int) {
        progress.start(at: Double(step) / Double(run.steps))
        progress.announce("seed \(run.seed), step \(step + 1) of \(run.steps)")
        resumeClock()
    }

    /// What comes after it counts as step time.
    func resumeClock() { stepClock = Stopwatch() }

    func finishedStep(_ step: Int, _ result: StepResult) {
        seconds += stepClock.seconds
        windowSeconds += stepClock.seconds
        windowTokens += result.tokens
        steps += 1
        resumeClock()
        let score = lastScore.map { "  \(metric) \(decimal($0, 4))" } ?? ""
        progress.update(
            fraction: Double(step) / Double(run.steps),
            detail: "seed \(run.seed)  step \(step)/\(run.steps)  loss \(decimal(result.losses[0], 4))\(score)  "
                + "\(Int(examplesPerSecond)) examples/s")
    }

    func log(_ metrics: Metrics, step: Int, _ result: StepResult) throws(Failure) {
        rate = Double(windowTokens) / max(windowSeconds, 1e-9)
        try log.append(
            MetricsLog.Entry(
                step: step, split: "train", metrics: metrics, gradientNorm: result.gradientNorm,
                learningRate: result.learningRate, tokensPerSecond: rate, seconds: clock.seconds))
        (windowSeconds, windowTokens) = (0, 0)
        resumeClock()
    }

    func score(_ step: Int) { progress.announce("seed \(run.seed)  step \(step)/\(run.steps)  scoring") }

    func logScores(_ scores: Metrics, step: Int) throws(Failure) {
        lastScore = scores[metric]
        try log.append(
            MetricsLog.Entry(
                step: step, split: "dev", metrics: scores, tokensPerSecond: rate, seconds: clock.seconds))
        resumeClock()
    }

    func finish() { progress.finish() }
}
