package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    /// Preset, then the models that the run starts from, then run file, then options, each overriding the one before;
    /// then what follows from them.
    package static func resolve(
        preset: String?, initialWeights: InitialWeights? = nil, file: String?,
        options: [(key: String, value: ConfigurationValue)]
    ) throws(Failure) -> RunConfiguration {
        if let preset, initialWeights?.run != nil {
            throw .usage("--preset \(preset): with --from-run all fields come from that run; leave one of them out")
        }
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
        run.schedule.resolveShares()

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
}
