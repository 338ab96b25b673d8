public import ElectraCorpus
public import ElectraSupport
public import ElectraTraining

/// What a run folder says of the run, and what a command makes of it.
extension RunFolder {
    func notFinite(_ data: DataSet) -> NonfiniteLog { NonfiniteLog(path: "\(path)/not-finite.jsonl", data: data) }

    package func configuration() throws(Failure) -> RunConfiguration {
        guard exists else {
            throw .usage(
                "\(path): no run here (no \(runFileName)); check --run, or start one with electra-dist pretrain"
            )
        }
        return try RunConfiguration.read(from: configurationPath)
    }

    /// What a command resolves to in this folder: in a new folder the preset and what overrides it, in the folder of a
    /// run what the run was started with. A run goes on only with what it was started with, save for fields that do not
    /// touch its bits. Without `data`, for a look at the fields only.
    public func resolve(
        preset: String?, initialWeights: InitialWeights? = nil, file: String?,
        options: [(key: String, value: ConfigurationValue)], data: DataSet?
    ) throws(Failure) -> RunConfiguration {
        guard exists else {
            try checkIsFree()
            var run = try RunConfiguration.resolve(
                preset: preset, initialWeights: initialWeights, file: file, options: options)
            if let data {
                // Of a second phase the sequences may be longer.
                if initialWeights?.run != nil && !options.contains(where: { $0.key == "max_length" }) {
                    run.networks.maxLength = max(run.networks.maxLength, data.manifest.maxLength)
                    try run.validate()
                }
                try run.take(data)
                try initialWeights?.check(run, data: data)
            }
            return run
        }
        let started = try configuration()
        var run = started
        if let preset { run.preset = preset }
        if let initialWeights { run.initialWeights = initialWeights.fingerprint }
        if let file {
            // What comes from folders is compared with the folders.
            let own = try RunConfiguration.values(inFile: file).filter {
                !["data", "vocabulary_size", "initial_weights"].contains($0.key)
            }
            try run.set(own, fromFile: file)
        }
        try run.set(options: options)
        run.schedule.resolveShares()
        try check(run, isStillAs: started)
        if let data {
            guard data.identity == started.data else { throw refusal(of: data, started) }
            try check(started, fits: data)
        }
        try run.validate()
        return run
    }

    /// Refuses a folder whose files a new run would overwrite or mix with. A start that was cut short leaves its lock and
    /// the first file of a run, before that got its name.
    private func checkIsFree() throws(Failure) {
        switch FileAccess.kind(of: path) {
        case .missing: break
        case .file, .other:
            throw .usage("\(path): a folder is expected for --run, and this is a file; name another")
        case .folder:
            let foreign = try FileAccess.names(in: path).first {
                ![RunLock.fileName, runFileName + ".partial"].contains($0)
            }
            if let foreign {
                throw .usage(
                    "\(path): this folder has other files than a run's (\(foreign), and no \(runFileName)); "
                        + "name a new or empty folder, or a run to go on with")
            }
        }
    }
}

extension RunConfiguration {
    /// What the data set decides.
    package mutating func take(_ data: DataSet) throws(Failure) {
        guard data.manifest.maxLength <= networks.maxLength else {
            throw .usage(
                "\(data.path): its sequences are up to \(data.manifest.maxLength) tokens long, the run's "
                    + "max_length is \(networks.maxLength); use --set max_length=\(data.manifest.maxLength), or prepare it again "
                    + "with --max-length \(networks.maxLength)")
        }
        guard data.train.count > 0 else {
            throw .badData("\(data.path): no sequences to train on; prepare a larger corpus")
        }
        guard !masking.wholeWords || data.vocabulary.continuesWord.contains(true) else {
            throw .usage(
                "whole_word_masks: no entry of the vocabulary of \(data.path) begins with ##, so each is a word by itself; leave "
                    + "whole_word_masks out")
        }
        networks.vocabularySize = data.vocabulary.count
        self.data = data.identity
    }

    /// What a run is told of itself when it starts, or goes on: then its length cannot be changed any more.
    package func notes(ranks: Int, hosts: Int, data: DataSet, goesOn: Bool = false) -> [String] {
        let threads = housekeeping.threads
        return [
            goesOn ? nil : noteOnLength(of: data), goesOn ? nil : schedule.noteOnWarmup,
            data.manifest.noteOnUnknown(data.path),
            SlicePlan.noteOnLanes(division, ranks: ranks, threads: threads),
            SlicePlan.noteOnSums(division, hosts: hosts, ranksPerHost: ranks / hosts, lanes: threads),
        ].compactMap { $0 }
    }

    /// A max_length that is not the preset's was chosen by somebody who knows.
    private func noteOnLength(of data: DataSet) -> String? {
        let (length, maxLength) = (data.manifest.maxLength, networks.maxLength)
        guard length < maxLength, maxLength == (try? Self.preset(preset))?.networks.maxLength else { return nil }
        return
            "note: \(data.path): sequences of up to \(length) tokens, and preset \(preset) is for \(maxLength): positions "
            + "beyond are never trained; prepare with --max-length \(maxLength), or start with --set max_length=\(length)"
    }
}
