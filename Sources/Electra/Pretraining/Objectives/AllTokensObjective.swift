import ElectraKernels
import ElectraModel
import ElectraTraining

/// "All-Tokens MLM" of the paper's section 3.4: the encoder predicts every token of the corrupted text, by a mixture of copying
/// what stands there and of a softmax over the vocabulary (`CopyHead`).
final class AllTokensObjective: PretrainingObjective {
    typealias Parameters = GeneratorPair.Parameters<Encoder>

    final class Encoder {
        let model: MaskedLanguageModel.Parameters
        let copy: CopyHead.Parameters

        init(model: MaskedLanguageModel.Parameters, copy: CopyHead.Parameters) {
            self.model = model
            self.copy = copy
        }
    }

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let encoder: MaskedLanguageModel.Activations
        let copy: CopyHead.Activations
        /// 0, 1, 2 ...: where all rows of a micro-batch are chosen.
        let rows: UnsafeMutablePointer<Int32>

        init(_ objective: AllTokensObjective, sequences: Int, arena: Arena) {
            let tokens = sequences * objective.masking.maximumLength
            generator = objective.pair.generatorActivations(sequences: sequences, objective.masking, arena: arena)
            encoder = MaskedLanguageModel.Activations(
                objective.encoder, tokens: tokens, masked: tokens, maximumLength: objective.masking.maximumLength,
                arena: arena)
            copy = CopyHead.Activations(tokens: tokens, arena: arena)
            rows = arena.array(of: Int32.self, count: tokens)
            for row in 0..<tokens { rows[row] = Int32(row) }
        }

        func all(of batch: MaskedBatch) -> MaskedTokenHead.ChosenRows {
            MaskedTokenHead.ChosenRows(rows: UnsafePointer(rows), count: batch.sequences.tokenCount)
        }
    }

    let masking: Masking
    let losses: [LossTerm]
    let metricCounts = MainPrediction.metricCounts
    private let pair: GeneratorPair
    private let options: ObjectiveOptions
    private let dropout: DropoutRates

    private var encoder: MaskedLanguageModel { MaskedLanguageModel(tower: pair.main) }

    init(_ pair: GeneratorPair, dropout: DropoutRates, options: ObjectiveOptions, masking: Masking) {
        self.pair = pair
        self.dropout = dropout
        self.options = options
        self.masking = masking
        losses = [options.generatorLoss, MainPrediction.loss]
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters {
        pair.parameters(&windows) {
            (MaskedTokenHead.Parameters(&$0, of: $1), CopyHead.Parameters(&$0, of: $1))
        } main: { tower, heads in
            Encoder(model: MaskedLanguageModel.Parameters(tower: tower, head: heads.0), copy: heads.1)
        }
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(self, sequences: sequences, arena: arena)
    }

    func denominators(of batch: MaskedBatch) -> LossVector<Int> {
        LossVector(batch.maskedCount, batch.sequences.tokenCount, rest: 0)
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        let tokens = batch.sequences.tokenCount
        return 3 * pair.generatorOperations(of: batch) + 3 * encoder.operations(of: batch.sequences, chosen: tokens)
            + 3 * CopyHead.operations(tokens: tokens, of: pair.main)
    }

    func forward(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        pair.generatorForward(p, w.generator, batch, dropout: dropout.source(network: 0, context))
        SampledReplacement.run(w.generator.head, batch: batch, options: options, context, adding: sums)
        encoder.forward(
            p.main.model, w.encoder, ids: batch.corruptedIds, at: w.all(of: batch), batch: batch.sequences,
            dropout: dropout.source(network: 1, context))
        CopyHead.forward(p.main.copy, w.copy, w.encoder, batch, losses[1], context, adding: sums)
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        encoder.backward(
            p.main.model, adding: d.main.model, w.encoder, ids: batch.corruptedIds, at: w.all(of: batch),
            batch: batch.sequences
        ) {
            CopyHead.backward(
                p.main.copy, adding: d.main.copy, w.copy, encoded_TH: w.encoder.tower.last.output_TH,
                adding: &w.encoder.tower.gradient_TH, rows: batch.sequences.tokenCount)
        }
        pair.generatorBackward(p, adding: d, w.generator, batch)
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        MainPrediction.metrics(losses: losses, terms: self.losses, counts: counts)
    }
}
