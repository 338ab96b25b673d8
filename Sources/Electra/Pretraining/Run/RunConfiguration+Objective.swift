package import ElectraCorpus
package import ElectraModel
import ElectraTraining

extension RunConfiguration {
    /// What the run learns from a data set.
    package func makeObjective(_ data: DataSet) -> any PretrainingObjective {
        let vocabulary = data.vocabulary
        return makeObjective(
            Masking(
                masking, maximumLength: data.manifest.maxLength, vocabularySize: vocabulary.count,
                continuesWord: masking.wholeWords ? vocabulary.continuesWord : [], steps: steps,
                cls: vocabulary.classifier, sep: vocabulary.separator, mask: vocabulary.mask))
    }

    /// The same from any text.
    package func makeObjective(_ masking: Masking) -> any PretrainingObjective {
        let dropout = dropout
        var options = objective
        options.steps = steps
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

    /// Of made-up text, in which nothing tells words apart.
    package func makeMasking(maximumLength: Int, vocabularySize: Int = 1) -> Masking {
        var masking = masking
        masking.wholeWords = false
        return Masking(
            masking, maximumLength: maximumLength, vocabularySize: vocabularySize, cls: 0, sep: 0, mask: 0)
    }

    /// Of all parameters.
    package var layout: ParameterLayout {
        let objective = makeObjective(makeMasking(maximumLength: networks.maxLength))
        return ParameterLayout { _ = objective.parameters(&$0) }
    }
}
