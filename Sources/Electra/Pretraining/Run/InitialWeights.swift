package import ElectraCorpus
package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel
public import ElectraSupport
package import ElectraTraining

/// What a run starts from, in the place of random weights: Hugging Face folders of both networks or of either alone, or a run of
/// before (`InitialRun`).
///
/// Shared embeddings come from the discriminator where both are given, as the reference's released pairs have the same.
public struct InitialWeights: Sendable {
    package let discriminator: HuggingFaceFolder?
    package let generator: HuggingFaceFolder?
    let run: InitialRun?

    /// nil where nothing is named. `keepsMoments` is for a run.
    public init?(
        discriminator: String?, generator: String?, run: String? = nil, keepsMoments: Bool = false
    ) throws(Failure) {
        guard run != nil || !keepsMoments else {
            throw .usage("--keep-moments: is for --from-run, which was not given; add it, or leave --keep-moments out")
        }
        if discriminator == nil && generator == nil && run == nil { return nil }
        guard run == nil || discriminator == nil && generator == nil else {
            throw .usage(
                "--from-run: has both networks, and \(discriminator == nil ? "--from-generator" : "--from-discriminator") was given, "
                    + "too; leave one of them out")
        }
        self.run = try run.map { (path) throws(Failure) in try InitialRun(path, keepsMoments: keepsMoments) }
        self.discriminator = try discriminator.map { (path) throws(Failure) in
            try HuggingFaceFolder(path, network: .discriminator)
        }
        self.generator = try generator.map { (path) throws(Failure) in
            try HuggingFaceFolder(path, network: .generator)
        }
    }

    private var folders: [HuggingFaceFolder] { [discriminator, generator].compactMap { $0 } }

    /// Of all weights: two runs that start from the same have the same.
    package var fingerprint: String { run?.fingerprint ?? folders.map(\.weights.checksum).joined(separator: " ") }

    /// The preset of these sizes, or else whose discriminator is as wide: for those who name none.
    var presetName: String? {
        if let run { return run.checkpoint.configuration.preset }
        let presets = RunConfiguration.presetNames.compactMap { try? RunConfiguration.preset($0) }
        let same = presets.first { preset in
            [(discriminator, RunNetwork.discriminator), (generator, .generator)].allSatisfy { folder, network in
                folder.map { $0.configuration.sizes == preset.networks.sizes(of: network) } ?? true
            }
        }
        let discriminatorWidth = discriminator?.configuration.sizes.hidden
        return (same ?? presets.first { $0.networks.hiddenSize == discriminatorWidth })?.preset
    }

    /// The fields of a run that these decide.
    package var fields: [(key: String, value: ConfigurationValue)] {
        if let run { return run.fields + [(key: "initial_weights", value: .text(fingerprint))] }
        var fields: [(String, Int)] = []
        if let sizes = generator?.configuration.sizes {
            fields += [
                ("embedding_size", sizes.embedding), ("generator_hidden_size", sizes.hidden),
                ("generator_layers", sizes.layers), ("generator_heads", sizes.heads),
                ("generator_feed_forward_size", sizes.feedForward),
            ]
        }
        if let sizes = discriminator?.configuration.sizes {
            fields += [
                ("embedding_size", sizes.embedding), ("hidden_size", sizes.hidden), ("layers", sizes.layers),
                ("heads", sizes.heads), ("feed_forward_size", sizes.feedForward),
            ]
        }
        if let positions = folders.first?.configuration.maximumPositions {
            fields.append(("max_positions", positions))
        }
        return fields.map { (key: $0.0, value: .integer($0.1)) } + [("initial_weights", .text(fingerprint))]
    }

    /// Refuses what does not fit the run, the data, or each other.
    package func check(_ run: RunConfiguration, data: DataSet) throws(Failure) {
        if let initial = self.run { return try initial.check(run, data: data) }
        guard generator != nil || !run.objective.freezesGenerator else {
            throw .usage(
                "freeze_generator: a discriminator was named, and the generator that stays as it is has to be; name it with "
                    + "--from-generator")
        }
        try check(discriminator, as: .discriminator, run)
        try check(generator, as: .generator, run)
        for folder in folders {
            let tokenizer = try folder.tokenizer()
            guard
                tokenizer.vocabulary.numbersAlike(data.vocabulary),
                tokenizer.rules.cased == data.manifest.cased,
                tokenizer.rules.stripsAccents == data.manifest.rules.stripsAccents
            else {
                throw .usage(
                    "\(folder.path): its vocabulary (\(tokenizer.vocabulary.count) pieces, \(tokenizer.rules.name)) is not "
                        + "that of \(data.path) (\(data.vocabulary.count), \(data.manifest.rules.name)); prepare the text "
                        + "again with --vocab of this model (--vocab \(folder.path))")
            }
        }
    }

    private func check(
        _ folder: HuggingFaceFolder?, as network: RunNetwork, _ run: RunConfiguration
    ) throws(Failure) {
        guard let folder else { return }
        let (found, sizes) = (folder.configuration, run.networks.sizes(of: network))
        guard found.sizes == sizes, found.maximumPositions == run.networks.maxPositions else {
            throw .usage(
                "\(folder.path): sizes \(Self.words(found.sizes)), \(found.maximumPositions) positions do not fit the "
                    + "run's \(Self.words(sizes)), \(run.networks.maxPositions) positions; leave these fields to the folder"
                    + (generator != nil && discriminator != nil
                        ? ", and take two networks with one embedding size (or embedding_sharing=separate)" : ""))
        }
    }

    private static func words(_ sizes: EncoderSizes) -> String {
        "\(sizes.layers) layers, hidden \(sizes.hidden), \(sizes.heads) heads, feed-forward \(sizes.feedForward), "
            + "embedding \(sizes.embedding)"
    }

    /// Overwrites the parameters that the folders hold; the others keep their random values. Returns what to tell.
    package func load(into parameters: FlatBuffer, layout: ParameterLayout) throws(Failure) -> [String] {
        if let run { return try run.load(into: parameters, layout: layout) }
        var notes: [String] = []
        if let generator {
            notes += try load(generator, "generator", layout, parameters)
            // Shared embeddings bear the discriminator's name.
            let shared = layout.specifications.allSatisfy { !$0.name.hasPrefix("generator.electra.embeddings.") }
            if shared && discriminator == nil {
                let embeddings = layout.only { $0.hasPrefix("discriminator.electra.embeddings.") }
                notes += try load(generator, "discriminator", embeddings, parameters)
            }
        }
        if let discriminator { notes += try load(discriminator, "discriminator", layout, parameters) }
        for folder in folders {
            let (rows, pieces) = (folder.configuration.vocabulary, try folder.tokenizer().vocabulary.count)
            if rows > pieces {
                notes.append(
                    "note: \(folder.path): its word table has \(rows) rows for \(pieces) pieces; those beyond are left out"
                )
            }
        }
        return notes
    }

    /// A bare encoder lacks the head.
    private func load(
        _ folder: HuggingFaceFolder, _ prefix: String, _ layout: ParameterLayout, _ parameters: FlatBuffer
    ) throws(Failure) -> [String] {
        let lacking = try folder.load(layout, prefix: prefix, into: parameters) { !$0.hasPrefix("electra.") }
        var notes: [String] = []
        if !lacking.isEmpty {
            notes.append(
                "note: \(folder.path): has no \(lacking.joined(separator: ", ")); "
                    + "\(lacking.count > 1 ? "they start" : "it starts") at random")
        }
        return notes
    }
}
