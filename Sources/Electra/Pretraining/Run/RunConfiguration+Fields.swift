package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    package static var commandName: String { "pretrain" }
    package static var folderOption: String { "--run" }

    package static func current(
        _ key: String, _ value: ConfigurationValue
    ) -> (key: String, value: ConfigurationValue) {
        guard key == "share_embeddings", case .flag(let isShared) = value else { return (key, value) }
        let sharing = isShared ? EmbeddingSharing.shared : .separate
        return ("embedding_sharing", .text(sharing.rawValue))
    }

    package mutating func complete() throws(Failure) {
        schedule.resolveShares()
        try validate()
    }

    /// Refuses what cannot work, with the reason.
    package func validate() throws(Failure) {
        try checkLimits()
        try networks.check()
        try division.check()
        try checkCombinations()
    }

    /// The fields that were changed from the preset; not those that come from the data set.
    package func changedFields() throws(Failure) -> [ConfigurationField<RunConfiguration>] {
        let defaults = try Self.preset(preset)
        return Self.fields.filter { $0.get(self) != $0.get(defaults) && !["data", "vocabulary_size"].contains($0.key) }
    }
}
