package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    package static var commandName: String { "pretrain" }
    package static var folderOption: String { "--run" }

    package mutating func complete() throws(Failure) {
        schedule.resolveWarmup()
        try validate()
    }

    /// Refuses what cannot work, with the reason.
    package func validate() throws(Failure) {
        try checkLimits()
        try networks.check()
        try division.check()
        guard masking.shown == .electra || objective.name == .mlm else {
            throw .usage(
                "masked_shown \(masking.shown.rawValue): objective \(objective.name.rawValue) has a generator, whose samples stand in "
                    + "the place of random tokens; leave it at 85/15, or choose --set objective=mlm")
        }
        guard objective.name == .electra || !objective.hasUniformGenerator else {
            throw .usage(
                "uniform_generator: objective \(objective.name.rawValue) has no generator; leave it out, or choose --set "
                    + "objective=electra")
        }
        guard !objective.hasUniformGenerator || networks.shareEmbeddings else {
            throw .usage(
                "uniform_generator: there is no generator whose embeddings could be its own; "
                    + "leave share_embeddings true")
        }
    }

    /// The fields that were changed from the preset; not those that come from the data set.
    package func changedFields() throws(Failure) -> [ConfigurationField<RunConfiguration>] {
        let defaults = try Self.preset(preset)
        return Self.fields.filter { $0.get(self) != $0.get(defaults) && !["data", "vocabulary_size"].contains($0.key) }
    }
}
