package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    package static func field(_ key: String) throws(Failure) -> ConfigurationField<RunConfiguration> {
        if let field = fields.first(where: { $0.key == key }) { return field }
        let meant = closest(to: key, of: fields.map(\.key)).map { " (did you mean \"\($0)\"?)" } ?? ""
        throw .usage("unknown field \"\(key)\"\(meant); electra-dist pretrain --list-fields shows all")
    }

    /// Changes one field by name. Refuses unknown names and values of another type.
    package mutating func set(_ key: String, to value: ConfigurationValue) throws(Failure) {
        try Self.field(key).set(&self, to: value)
    }

    /// Refuses what cannot work, with the reason. Called once all fields are set, as a file has them in any order.
    package func validate() throws(Failure) {
        try checkLimits()
        try networks.check()
        try division.check()
        guard !objective.hasUniformGenerator || networks.shareEmbeddings else {
            throw .usage(
                "uniform_generator: there is no generator whose embeddings could be its own; "
                    + "leave share_embeddings true")
        }
    }

    /// Refuses what a field alone says cannot work.
    func checkLimits() throws(Failure) {
        for field in Self.fields { try field.check(self) }
    }

    /// As JSON, one field a line.
    public var json: String {
        JSON.object(Self.fields.map { (key: $0.key, value: $0.get(self).json) }).pretty + "\n"
    }

    /// The fields that were changed from the preset; not those that come from the data set.
    package func changedFields() throws(Failure) -> [ConfigurationField<RunConfiguration>] {
        let defaults = try Self.preset(preset)
        return Self.fields.filter { $0.get(self) != $0.get(defaults) && !["data", "vocabulary_size"].contains($0.key) }
    }

    /// The first field, among those that a resumed run may not change, in which two runs differ.
    package func firstDifference(from other: RunConfiguration) -> ConfigurationField<RunConfiguration>? {
        Self.fields.first { !$0.mayChange && $0.get(self) != $0.get(other) }
    }
}
