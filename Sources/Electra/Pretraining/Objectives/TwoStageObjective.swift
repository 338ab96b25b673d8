import ElectraKernels
import ElectraModel
import ElectraTraining

/// "Two-stage" of the paper's section 3.3: for the first steps the generator learns alone; then the discriminator starts from its
/// weights, and learns from its samples, while the generator stays as it is. Both networks have one size.
final class TwoStageObjective: ReplacedTokenObjective {
    final class Workspace {
        let electra: ElectraObjective.Workspace
        /// Of the last forward pass.
        var trainsGenerator = true

        init(_ electra: ElectraObjective.Workspace) { self.electra = electra }
    }

    private let electra: ElectraObjective
    /// With this step the second stage begins.
    private let switchStep: Int

    var masking: Masking { electra.masking }
    var options: ObjectiveOptions { electra.options }
    var losses: [LossTerm] { electra.losses }
    var detected: DetectedTokens { electra.detected }

    init(_ electra: ElectraObjective, switchingAt step: Int) {
        self.electra = electra
        switchStep = step
    }

    func parameters(_ windows: inout ParameterWindows) -> ElectraObjective.Parameters { electra.parameters(&windows) }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(electra.makeWorkspace(sequences: sequences, arena: arena))
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        let generator = electra.pair.generatorOperations(of: batch)
        return context.step < switchStep
            ? 3 * generator : generator + 3 * electra.discriminator.operations(of: batch.sequences)
    }

    func phase(at step: Int) -> Int? { step < switchStep ? 0 : 1 }

    func isTrained(_ parameter: String, in phase: Int) -> Bool {
        parameter.hasPrefix(phase == 0 ? "generator." : "discriminator.")
    }

    func prepare(_ parameters: ParameterStore<ElectraObjective.Parameters>, step: Int) {
        guard step == switchStep else { return }
        let (from, to) = ("generator.electra.", "discriminator.electra.")
        let sources = Dictionary(
            uniqueKeysWithValues: parameters.layout.specifications.map { ($0.name, $0.offset) })
        for target in parameters.layout.specifications where target.name.hasPrefix(to) {
            guard let source = sources[from + target.name.dropFirst(to.count)] else { continue }
            (parameters.buffer.base + target.offset).update(from: parameters.buffer.base + source, count: target.count)
        }
    }

    func replaceMaskedTokens(
        _ p: ElectraObjective.Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums
    ) {
        electra.replaceMaskedTokens(p, w.electra, batch, context, adding: sums)
    }

    func scoreTokens(
        _ p: ElectraObjective.Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations {
        electra.scoreTokens(p, w.electra, batch, context)
    }

    /// An evaluation belongs to no stage, and measures both networks.
    func forward(
        _ p: ElectraObjective.Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums
    ) {
        w.trainsGenerator = context.step < switchStep
        replaceMaskedTokens(p, w, batch, context, adding: sums)
        if w.trainsGenerator && context.isTraining { return }
        detectReplacedTokens(p, w, batch, context, adding: sums)
        sums.countPadding(batch.sequences, maximumLength: masking.maximumLength)
    }

    func backward(
        _ p: ElectraObjective.Parameters, adding d: ElectraObjective.Parameters, _ w: Workspace, _ batch: MaskedBatch
    ) {
        if w.trainsGenerator {
            electra.backwardOfGenerator(p, adding: d, w.electra, batch)
        } else {
            electra.backwardOfDiscriminator(p, adding: d, w.electra, batch)
        }
    }
}
