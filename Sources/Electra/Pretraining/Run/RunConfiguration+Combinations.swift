import ElectraSupport

extension RunConfiguration {
    /// Refuses choices that cannot be made together, with the reason.
    func checkCombinations() throws(Failure) {
        let name = objective.name.rawValue
        guard masking.shown == .electra || objective.name == .mlm else {
            throw .usage(
                "masked_shown \(masking.shown.rawValue): objective \(name) has a generator, whose samples stand in the place of "
                    + "random tokens; leave it at 85/15, or choose --set objective=mlm")
        }
        if objective.hasUniformGenerator {
            guard objective.name == .electra else {
                throw .usage(
                    "uniform_generator: is for objective electra, and this is \(name); leave one of them out")
            }
            guard networks.embeddingSharing == .shared else {
                throw .usage(
                    "uniform_generator: there is no generator whose embeddings could be its own; "
                        + "leave embedding_sharing at shared")
            }
        }
        guard networks.embeddingSharing != .gradientDisentangled || initialWeights.isEmpty else {
            throw .usage(
                "embedding_sharing gradient_disentangled: the difference of two tables starts at zero, and models to start from have "
                    + "tables of their own; choose shared or separate, or start at random")
        }
        guard !masking.wholeWords || !masking.withReplacement else {
            throw .usage(
                "whole_word_masks: no word is drawn twice, and mask_with_replacement draws positions so; leave one of them out"
            )
        }
        guard optimizerName != .lamb || networks.initializerRange > 0 || !initialWeights.isEmpty else {
            throw .usage(
                "optimizer lamb: scales its steps by the length of each tensor, and with initializer_range 0 there is nothing to "
                    + "scale by; leave initializer_range at 0.02, or choose optimizer=adamw")
        }
        if objective.freezesGenerator { try checkFrozenGenerator(name) }
        if objective.name == .twoStage { try checkTwoStages() }
        if objective.name == .adversarial {
            guard objective.temperature == 1, objective.temperatureAtEnd == 0, !objective.disallowsCorrect else {
                throw .usage(
                    "objective adversarial: is trained by what it samples, so temperature has to be 1 and disallow_correct false; "
                        + "leave them out")
            }
        }
    }

    private func checkFrozenGenerator(_ name: String) throws(Failure) {
        guard [.electra, .electraMaskedOnly].contains(objective.name), !objective.hasUniformGenerator else {
            throw .usage(
                "freeze_generator: objective \(objective.hasUniformGenerator ? "electra with uniform_generator" : name) has none "
                    + "that could stay as it is; leave it out, or choose --set objective=electra")
        }
        guard networks.embeddingSharing == .separate else {
            throw .usage(
                "freeze_generator: shared embeddings would go on to change under it; add --set embedding_sharing=separate"
            )
        }
        guard !initialWeights.isEmpty else {
            throw .usage("freeze_generator: random weights would stay random; name a trained one with --from-generator")
        }
    }

    private func checkTwoStages() throws(Failure) {
        guard networks.embeddingSharing == .separate else {
            throw .usage(
                "objective two_stage: shared embeddings would go on to change under the generator, which stays as it is in the "
                    + "second stage; add --set embedding_sharing=separate")
        }
        guard networks.sizes(of: .generator) == networks.sizes(of: .discriminator) else {
            throw .usage(
                "objective two_stage: the discriminator starts from the generator's weights, so both have one size, and embeddings "
                    + "as wide as they are; set embedding_size and the generator_ sizes to those of the discriminator")
        }
    }
}
