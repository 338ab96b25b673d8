package import Collectives
package import ElectraSupport

extension RunFile {
    package static func current(
        _ key: String, _ value: ConfigurationValue
    ) -> (key: String, value: ConfigurationValue) {
        (key, value)
    }

    package static func field(_ key: String) throws(Failure) -> ConfigurationField<Self> {
        if let field = fields.first(where: { $0.key == key }) { return field }
        let meant = closest(to: key, of: fields.map(\.key)).map { " (did you mean \"\($0)\"?)" } ?? ""
        throw .usage("unknown field \"\(key)\"\(meant); electra-dist \(commandName) --list-fields shows all")
    }

    /// Changes one field by name. Refuses unknown names and values of another type.
    package mutating func set(_ key: String, to value: ConfigurationValue) throws(Failure) {
        let (key, value) = Self.current(key, value)
        try Self.field(key).set(&self, to: value)
    }

    /// Changes some fields by name; an error says from which file they are.
    package mutating func set(
        _ values: [(key: String, value: ConfigurationValue)], fromFile path: String
    ) throws(Failure) {
        do throws(Failure) {
            for (key, value) in values { try set(key, to: value) }
        } catch {
            throw Failure(error.kind, "\(path): \(error.description)")
        }
    }

    /// Refuses what a field alone says cannot work.
    package func checkLimits() throws(Failure) {
        for field in Self.fields { try field.check(self) }
    }

    /// The first field, among those that a resumed run may not change, in which two runs differ.
    package func firstDifference(from other: Self) -> ConfigurationField<Self>? {
        Self.fields.first { !$0.mayChange && $0.get(self) != $0.get(other) }
    }

    /// As JSON, one field a line.
    package var json: String {
        JSON.object(Self.fields.map { (key: $0.key, value: $0.get(self).json) }).pretty + "\n"
    }

    /// A run that was started before.
    package static func read(from path: String) throws(Failure) -> Self {
        let values = try values(inFile: path, mayBePipe: false)
        do throws(Failure) {
            return try Self(values: values)
        } catch {
            // Nobody typed it: the file is of another version, or damaged.
            throw .badData("\(path): \(error.description)")
        }
    }

    /// What rank 0 resolves, on every rank: none can disagree.
    package static func agreed(on communicator: Communicator, _ resolve: () throws -> Self) throws -> Self {
        let json = try communicator.together { communicator.rank == 0 ? try resolve().json : "" }
        let shared = try communicator.broadcast(json, from: 0)
        return try Self(values: values(ofJSON: Array(shared.utf8), name: runFileName))
    }

    private init(values: [(key: String, value: ConfigurationValue)]) throws(Failure) {
        self.init()
        for (key, value) in values { try set(key, to: value) }
        try complete()
    }

    /// The fields of a run file, by key.
    package static func values(
        inFile path: String, mayBePipe: Bool = true
    ) throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        try values(
            ofJSON: FileAccess.contents(of: path, remedy: "check --config", limit: 1 << 20, mayBePipe: mayBePipe),
            name: path)
    }

    private static func values(
        ofJSON bytes: [UInt8], name: String
    ) throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        let unusable = Failure.badData(
            "\(name): expected one JSON object of fields with plain values, "
                + "such as {\"batch\": 64, \"learning_rate\": 3e-4}; found something else")
        guard case .object(let members)? = try? JSON(parsing: bytes) else { throw unusable }
        var keys: Set<[UInt8]> = []
        return try members.map { (key, json) throws(Failure) in
            guard let value = ConfigurationValue(json) else { throw unusable }
            guard keys.insert(Array(key.utf8)).inserted else {
                throw .badData("\(name): the field \"\(key)\" stands twice; leave one out")
            }
            return (key: key, value: value)
        }
    }
}
