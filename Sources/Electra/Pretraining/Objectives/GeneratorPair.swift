import ElectraKernels
import ElectraModel
import ElectraTraining

/// Where generator and main network have their embeddings (three tables and their LayerNorm) from.
package enum EmbeddingSharing: String, CaseIterable, Sendable {
    /// One set, to which both add gradients.
    case shared
    case separate
    /// The main network's tables are the generator's, which get no gradient from it, and a difference.
    case gradientDisentangled = "gradient_disentangled"
}

/// A generator, and the network that learns from its samples.
struct GeneratorPair: Sendable {
    let generator: MaskedLanguageModel
    let main: Tower
    let sharing: EmbeddingSharing
    /// Then it has embeddings of its own.
    var freezesGenerator = false

    /// Layers and heads, then the embeddings, to which both may add. What has an odd size (vocabulary and prediction bias)
    /// is small and stands at the end of its network.
    func parameters<Head, Main>(
        _ windows: inout ParameterWindows, head: (inout ParameterWindows, Tower) -> Head,
        main join: (Tower.Parameters, Head) -> Main
    ) -> Parameters<Main> {
        let mainLayers = Tower.Layers(&windows, of: main)
        let mainHead = head(&windows, main)
        if freezesGenerator {
            let embeddings = Embeddings.Parameters(&windows, of: main)
            windows.freezeRest()
            return Parameters(
                main: join(Tower.Parameters(embeddings: embeddings, layers: mainLayers), mainHead),
                generator: MaskedLanguageModel.Parameters(&windows, of: generator.tower))
        }
        let layers = Tower.Layers(&windows, of: generator.tower)
        let maskedTokenHead = MaskedTokenHead.Parameters(&windows, of: generator.tower)
        let embeddings: Embeddings.Parameters
        let generatorEmbeddings: Embeddings.Parameters
        switch sharing {
        case .shared:
            embeddings = Embeddings.Parameters(&windows, of: main)
            generatorEmbeddings = embeddings
        case .separate:
            embeddings = Embeddings.Parameters(&windows, of: main)
            generatorEmbeddings = Embeddings.Parameters(&windows, of: generator.tower)
        case .gradientDisentangled:
            generatorEmbeddings = Embeddings.Parameters(&windows, of: generator.tower)
            embeddings = Embeddings.Parameters(&windows, of: main, differingFrom: generatorEmbeddings)
        }
        return Parameters(
            main: join(Tower.Parameters(embeddings: embeddings, layers: mainLayers), mainHead),
            generator: MaskedLanguageModel.Parameters(
                tower: Tower.Parameters(embeddings: generatorEmbeddings, layers: layers), head: maskedTokenHead))
    }

    final class Parameters<Main: AnyObject> {
        let main: Main
        let generator: MaskedLanguageModel.Parameters

        init(main: Main, generator: MaskedLanguageModel.Parameters) {
            self.main = main
            self.generator = generator
        }
    }

    func generatorForward<Main>(
        _ p: Parameters<Main>, _ a: MaskedLanguageModel.Activations, _ batch: MaskedBatch, dropout: DropoutSource
    ) {
        generator.forward(
            p.generator, a, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences, dropout: dropout)
    }

    /// `a.head.logits_MV` holds the gradient of the logits.
    func generatorBackward<Main>(
        _ p: Parameters<Main>, adding d: Parameters<Main>, _ a: MaskedLanguageModel.Activations, _ batch: MaskedBatch
    ) {
        generator.backward(
            p.generator, adding: d.generator, a, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences)
    }

    /// Of the generator's products in one pass forward.
    func generatorOperations(of batch: MaskedBatch) -> Int {
        generator.operations(of: batch.sequences, chosen: batch.maskedCount)
    }

    func generatorActivations(sequences: Int, _ masking: Masking, arena: Arena) -> MaskedLanguageModel.Activations {
        MaskedLanguageModel.Activations(
            generator, tokens: sequences * masking.maximumLength, masked: sequences * masking.maximumPerSequence,
            maximumLength: masking.maximumLength, arena: arena)
    }
}
