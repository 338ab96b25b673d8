package import ElectraCorpus
package import ElectraHuggingFace
package import ElectraModel
import ElectraTraining

extension RunConfiguration {
    var embeddingRows: EmbeddingRows { EmbeddingRows(vocabulary: vocabularySize, positions: maxPositions) }

    var discriminatorSizes: EncoderSizes {
        EncoderSizes(
            embedding: embeddingSize, hidden: hiddenSize, layers: layers, heads: heads, feedForward: feedForwardSize)
    }

    /// Embeddings of its own are as wide as the generator.
    var generatorSizes: EncoderSizes {
        EncoderSizes(
            embedding: shareEmbeddings ? embeddingSize : generatorHiddenSize, hidden: generatorHiddenSize,
            layers: generatorLayers, heads: generatorHeads, feedForward: generatorFeedForwardSize)
    }

    package func sizes(of network: Network) -> EncoderSizes {
        switch network {
        case .discriminator: discriminatorSizes
        case .generator: generatorSizes
        }
    }

    /// What the run learns.
    package func objective(_ masking: Masking) -> any PretrainingObjective {
        let discriminator = Discriminator(
            tower: Tower(
                "discriminator", discriminatorSizes, embeddingRows, initializerRange: initializerRange))
        let dropout = DropoutRates(hidden: hiddenDropout, attention: attentionDropout)
        let options = ObjectiveOptions(
            generatorWeight: generatorWeight, discriminatorWeight: discriminatorWeight, temperature: temperature,
            disallowsCorrect: disallowCorrect)
        if uniformGenerator {
            return UniformReplacementObjective(
                discriminator: discriminator, dropout: dropout, options: options, masking: masking)
        }
        let generator = Generator(
            tower: Tower("generator", generatorSizes, embeddingRows, initializerRange: initializerRange))
        return ElectraObjective(
            generator: generator, discriminator: discriminator,
            generatorEmbeddings: shareEmbeddings ? .discriminator : .own, dropout: dropout, options: options,
            masking: masking)
    }

    package func masking(_ data: DataSet) -> Masking {
        masking(
            maximumLength: data.manifest.maxLength, cls: data.vocabulary.classifier, sep: data.vocabulary.separator,
            mask: data.vocabulary.mask)
    }

    package func masking(maximumLength: Int, cls: Int32 = 0, sep: Int32 = 0, mask: Int32 = 0) -> Masking {
        Masking(
            probability: maskProbability, maximumLength: maximumLength, withReplacement: maskWithReplacement, cls: cls,
            sep: sep, mask: mask)
    }

    /// Of all parameters.
    package var layout: ParameterLayout {
        let objective = objective(masking(maximumLength: maxLength))
        return ParameterLayout { _ = objective.parameters(&$0) }
    }
}
