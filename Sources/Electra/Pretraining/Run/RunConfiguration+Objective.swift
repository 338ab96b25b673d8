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
        let (dropout, options) = (dropout, objective)
        var pair = networks.pair(with: options.name.hasDiscriminator ? .discriminator : .encoder)
        pair.freezesGenerator = options.freezesGenerator
        switch options.name {
        case .electra where options.hasUniformGenerator:
            return UniformReplacementObjective(
                discriminator: networks.discriminator, dropout: dropout, options: options, masking: masking)
        case .electra:
            return ElectraObjective(pair, dropout: dropout, options: options, masking: masking)
        case .electraMaskedOnly:
            return ElectraObjective(pair, detecting: .chosen, dropout: dropout, options: options, masking: masking)
        case .mlm:
            return MaskedLanguageObjective(
                model: networks.encoder, dropout: dropout, options: options, masking: masking)
        case .replaceMLM:
            return ReplaceMaskedLanguageObjective(pair, dropout: dropout, options: options, masking: masking)
        case .allTokensMLM:
            return AllTokensObjective(pair, dropout: dropout, options: options, masking: masking)
        case .twoStage:
            return TwoStageObjective(
                ElectraObjective(pair, dropout: dropout, options: options, masking: masking),
                switchingAt: steps / 2)
        case .adversarial:
            return AdversarialObjective(pair, dropout: dropout, options: options, masking: masking)
        }
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
