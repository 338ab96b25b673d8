package import Collectives
package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    /// Preset, then the models that the run starts from, then run file, then options, each overriding the one before;
    /// then what follows from them.
    package static func resolve(
        preset: String?, initialWeights: InitialWeights? = nil, file: String?,
        options: [(key: String, value: ConfigurationValue)]
    ) throws(Failure) -> RunConfiguration {
        let fromFile = try file.map { (path) throws(Failure) in try values(inFile: path) } ?? []
        var name = preset
        if name == nil, case .text(let text)? = fromFile.first(where: { $0.key == "preset" })?.value { name = text }

        var run = try Self.preset(name ?? initialWeights?.presetName ?? "small")
        for (key, value) in initialWeights?.fields ?? [] { try run.set(key, to: value) }
        let divisionOfPreset = run.division
        if let file { try run.set(fromFile.filter { $0.key != "preset" }, fromFile: file) }
        // The file may be that of a run which started from other weights, or at random.
        if let initialWeights { run.initialWeights = initialWeights.fingerprint }
        try run.set(options: options)
        run.schedule.resolveWarmup()

        let changed = Set(fromFile.map(\.key) + options.map(\.key))
        if changed.contains("batch") && !changed.contains("slices") {
            // A batch beyond all bounds would take as long to divide.
            try run.checkLimits()
            run.division.takeSlices(like: divisionOfPreset)
        }
        try run.validate()
        return run
    }

    /// What was typed, field by field.
    package mutating func set(options: [(key: String, value: ConfigurationValue)]) throws(Failure) {
        for (key, value) in options {
            switch key {
            case "preset": throw .usage("field preset: choose it with --preset \(value.word)")
            case "vocabulary_size", "data":
                throw .usage("field \(key): comes from the data set; leave --set \(key) out")
            default: try set(key, to: value)
            }
        }
    }

    /// A run that was started before.
    package static func read(from path: String) throws(Failure) -> RunConfiguration {
        let values = try values(inFile: path, mayBePipe: false)
        do throws(Failure) {
            return try RunConfiguration(values: values)
        } catch {
            // Nobody typed it: the file is of another version, or damaged.
            throw .badData("\(path): \(error.description)")
        }
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

    /// What rank 0 resolves, on every rank: none can disagree.
    package static func agreed(
        on communicator: Communicator, _ resolve: () throws -> RunConfiguration
    ) throws -> RunConfiguration {
        let json = try communicator.together { communicator.rank == 0 ? try resolve().json : "" }
        let shared = try communicator.broadcast(json, from: 0)
        return try RunConfiguration(values: values(ofJSON: Array(shared.utf8), name: runFileName))
    }

    private init(values: [(key: String, value: ConfigurationValue)]) throws(Failure) {
        self.init()
        for (key, value) in values { try set(key, to: value) }
        schedule.resolveWarmup()
        try validate()
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
