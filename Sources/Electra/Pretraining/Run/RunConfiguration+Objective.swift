package import ElectraCorpus
package import ElectraModel
import ElectraTraining

extension RunConfiguration {
    /// What the run learns.
    package func makeObjective(_ masking: Masking) -> any PretrainingObjective {
        if objective.hasUniformGenerator {
            return UniformReplacementObjective(
                discriminator: networks.discriminator, dropout: dropout, options: objective, masking: masking)
        }
        return ElectraObjective(
            generator: networks.generator, discriminator: networks.discriminator,
            generatorEmbeddings: networks.shareEmbeddings ? .discriminator : .own, dropout: dropout,
            options: objective, masking: masking)
    }

    package func makeMasking(_ data: DataSet) -> Masking {
        makeMasking(
            maximumLength: data.manifest.maxLength, cls: data.vocabulary.classifier, sep: data.vocabulary.separator,
            mask: data.vocabulary.mask)
    }

    package func makeMasking(maximumLength: Int, cls: Int32 = 0, sep: Int32 = 0, mask: Int32 = 0) -> Masking {
        Masking(masking, maximumLength: maximumLength, cls: cls, sep: sep, mask: mask)
    }

    /// Of all parameters.
    package var layout: ParameterLayout {
        let objective = makeObjective(makeMasking(maximumLength: networks.maxLength))
        return ParameterLayout { _ = objective.parameters(&$0) }
    }
}
