package import ElectraCorpus
import ElectraKernels
package import ElectraSupport
package import ElectraTraining
import Foundation

/// `pretrain --flops`: how many steps a run has for so many operations, so that objectives and sizes are compared at equal compute.
/// The learning rate falls to zero with them. What was really computed stands in metrics.jsonl, within a percent of it.
package struct ComputeBudget: Sendable {
    package static let flops = 1e6...1e27

    package let steps: Int
    private let perStep: Double
    private let run: RunConfiguration

    /// From the sequences of `data`, which have different lengths. `run` is what would be trained but for its length.
    package init(flops: Double, run: RunConfiguration, data: DataSet) throws(Failure) {
        self.run = run
        let objective = run.makeObjective(data)
        perStep = try Self.operations(of: objective, run, data) * Double(run.division.batch)
        let fitting = (flops / perStep).rounded()
        guard fitting >= 2 else {
            throw .usage(
                String(
                    format:
                        "--flops %g: a step takes %.3g, and the first one has a learning rate of zero; expected %.3g or more",
                    flops, perStep, 2 * perStep))
        }
        steps = Int(min(fitting, Double(1 << 30)))
    }

    /// What follows for the run; what was typed comes after it, and goes before it.
    package var options: [(key: String, value: ConfigurationValue)] { run.fields(ofLength: steps) }

    /// What was found, and that it stays.
    package func line(flops: Double, _ resolved: RunConfiguration) -> String {
        String(format: "--flops %g: a step takes %.3g, so the run has ", flops, perStep)
            + "\(resolved.steps) steps, \(resolved.schedule.warmup) of them warm-up, also when it goes on"
    }

    /// Of a sequence, on average; the first and the last step may be different.
    private static func operations<Objective: PretrainingObjective>(
        of objective: Objective, _ run: RunConfiguration, _ data: DataSet
    ) throws(Failure) -> Double {
        let sequences = min(data.train.count, 2048)
        let arena = Arena()
        let batch = objective.makeBatch(sequences: 1, arena: arena)
        let steps = [0, run.steps - 1].map { StepContext(seed: run.seed, step: $0, isTraining: true) }
        var sum = 0
        for number in 0..<sequences {
            let example = number * data.train.count / sequences
            for context in steps {
                batch.reset()
                try batch.append(key: number) { (ids) throws(Failure) in try data.train.read(example, into: ids) }
                objective.masking.mask(lastOf: batch, seed: context.seed, step: context.step)
                sum += objective.operations(of: batch, context)
            }
        }
        return Double(sum) / Double(sequences * steps.count)
    }
}
