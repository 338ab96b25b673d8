package import ElectraCorpus
package import ElectraModel
import ElectraTraining

extension RunConfiguration {
    /// What the run learns from a data set.
    package func makeObjective(_ data: DataSet) -> any PretrainingObjective {
        makeObjective(
            makeMasking(
                maximumLength: data.manifest.maxLength, vocabularySize: data.vocabulary.count,
                cls: data.vocabulary.classifier,
                sep: data.vocabulary.separator, mask: data.vocabulary.mask))
    }

    /// The same from any text.
    package func makeObjective(_ masking: Masking) -> any PretrainingObjective {
        switch objective.name {
        case .electra: makeElectra(masking)
        case .mlm:
            MaskedLanguageObjective(model: networks.encoder, dropout: dropout, options: objective, masking: masking)
        }
    }

    private func makeElectra(_ masking: Masking) -> any PretrainingObjective {
        if objective.hasUniformGenerator {
            return UniformReplacementObjective(
                discriminator: networks.discriminator, dropout: dropout, options: objective, masking: masking)
        }
        return ElectraObjective(
            generator: networks.generator, discriminator: networks.discriminator,
            generatorEmbeddings: networks.shareEmbeddings ? .discriminator : .own, dropout: dropout,
            options: objective, masking: masking)
    }

    package func makeMasking(
        maximumLength: Int, vocabularySize: Int = 1, cls: Int32 = 0, sep: Int32 = 0, mask: Int32 = 0
    ) -> Masking {
        Masking(
            masking, maximumLength: maximumLength, vocabularySize: vocabularySize, cls: cls, sep: sep, mask: mask)
    }

    /// Of all parameters.
    package var layout: ParameterLayout {
        let objective = makeObjective(makeMasking(maximumLength: networks.maxLength))
        return ParameterLayout { _ = objective.parameters(&$0) }
    }
}
