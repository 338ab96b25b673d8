public import ElectraSupport
import Foundation

/// From text files to a data set: what `electra-dist prepare` does.
///
///     files -> batches of lines -> [tokens, in parallel] -> sequences -> pieces -> shards -> manifest
///
/// Only tokenizing is spread over threads, for it is all of the work; what follows takes the batches in the order of the
/// corpus. So the output is the same, byte for byte, for any number of threads.
public struct PrepareCorpus: Sendable {
    public var corpus: [String]
    package var reading = ReadingOptions()
    public var output: String
    /// nil: one is made from the corpus.
    package var vocabulary: NamedVocabulary?
    public var rules = TextRules.uncased
    public var maximumLength = 128
    public var heldOutFraction = 0.01
    public var seed: UInt64 = 0
    public var threads = ProcessInfo.processInfo.activeProcessorCount
    /// Of a vocabulary that is made.
    public var vocabularySize = 8192
    /// A text that is [UNK] for the most part becomes a data set, too.
    package var allowsUnknown = false
    var shardBytes = ShardWriter.defaultShardBytes

    public struct Summary: Sendable {
        package let manifest: Manifest
        public let textBytes: Int
        package let seconds: Double
        /// How many words are [UNK], and the commonest of them.
        public let unknownWords: String
    }

    public init(corpus: [String], output: String) {
        self.corpus = corpus
        self.output = output
    }

    /// Notes (skipped files, invalid UTF-8) go to `note`, progress to standard error.
    public func run(note: @escaping (String) -> Void) throws(Failure) -> Summary {
        try checkOptions()
        try reading.validate()
        let named = vocabulary
        let files = try CorpusFiles(corpus, except: [output] + (named.map { [$0.file] } ?? []), options: reading)
        if let pipe = files.pipe, named == nil {
            throw .usage("\(pipe): a pipe is read once, and a vocabulary made before; name one with --vocab, or a file")
        }
        for text in files.notes { note(text) }
        let folder = try DataFolder(output, vocabulary: named?.file)
        do throws(Failure) {
            let vocabulary =
                if let named {
                    named.vocabulary
                } else {
                    try CorpusVocabulary.train(
                        trainer, on: files, rules: rules, threads: threads,
                        // The second reading says the same.
                        noteOfReading: { _ in }, note: note)
                }
            if named != nil { Self.checkCase(vocabulary, cased: rules.cased, note: note) }
            if let oddity = vocabulary.oddity { note("note: the vocabulary has \(oddity)") }
            try vocabulary.write(to: folder.workPath + "/" + Manifest.vocabularyFileName)
            let summary = try write(
                files, vocabulary, isVocabularyMade: named == nil, to: folder.workPath, note: note)
            try folder.putInPlace(summary.manifest)
            return summary
        } catch {
            folder.discard()
            throw error
        }
    }

    private var trainer: VocabularyTrainer {
        var trainer = VocabularyTrainer()
        trainer.size = vocabularySize
        return trainer
    }

    /// What an error calls the whole of it.
    private var corpusName: String {
        corpus[0] + (corpus.count > 1 ? " and \(corpus.count - 1) more" : "")
    }

    private func checkOptions() throws(Failure) {
        guard (8...Manifest.lengths.upperBound).contains(maximumLength) else {
            throw .usage("--max-length \(maximumLength): 8 to 65535 positions expected; 128 or 512 are usual")
        }
        guard heldOutFraction == 0 || (1e-6...0.5).contains(heldOutFraction) else {
            throw .usage("--held-out \(heldOutFraction): 0, or a fraction from 1e-6 to 0.5 expected, such as 0.01")
        }
        let sizes = VocabularyTrainer.sizes
        guard sizes.contains(vocabularySize) else {
            throw .usage(
                "--vocabulary-size \(vocabularySize): \(sizes.lowerBound) to \(sizes.upperBound) pieces expected; 8192 or 30522 are usual"
            )
        }
    }

    /// The commonest mistake with a vocabulary: BERT's cased one without --cased, or the reverse.
    private static func checkCase(_ vocabulary: Vocabulary, cased: Bool, note: (String) -> Void) {
        let withCapitals = vocabulary.pieces.count { piece in
            !piece.hasPrefix("[") && piece.unicodeScalars.contains(where: isUppercase)
        }
        if !cased && withCapitals > vocabulary.count / 20 {
            note(
                "note: \(withCapitals) of \(vocabulary.count) pieces of the vocabulary have capitals, "
                    + "but the text is lower-cased; if the vocabulary is a cased one, add --cased")
        } else if cased && withCapitals == 0 {
            note(
                "note: no piece of the vocabulary has a capital, so with --cased most capitalised words are [UNK]; "
                    + "if the vocabulary is an uncased one, leave --cased out")
        }
    }

    /// Without a search in Unicode's tables for what is ASCII: nearly all of a vocabulary.
    private static func isUppercase(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? ("A"..."Z").contains(scalar) : scalar.properties.isUppercase
    }
}

extension PrepareCorpus {
    /// Tokens, packs and writes the corpus.
    private func write(
        _ files: CorpusFiles, _ vocabulary: Vocabulary, isVocabularyMade: Bool, to folder: String,
        note: @escaping (String) -> Void
    ) throws(Failure) -> Summary {
        let table = PieceTable(vocabulary)
        let rules = self.rules
        let reading = self.reading
        let progress = ProgressLine("preparing")
        progress.announce("reading \(files.files[0].path)")
        var reader = CorpusReader(files, note: note)
        var packer = SequencePacker(maximumLength: maximumLength, seed: seed, vocabulary: vocabulary)
        func writer(_ split: Manifest.Split) -> ShardWriter {
            ShardWriter(
                split, folder: folder, maximumLength: maximumLength, vocabularySize: vocabulary.count,
                shardBytes: shardBytes)
        }
        var splits = SplitWriter(
            HeldOutSplit(fraction: heldOutFraction, seed: seed), corpus: corpusName, train: writer(.train),
            heldOut: writer(.heldOut))
        var lines = LineReport(note: note)
        var text = TextReport(
            corpus: corpusName, vocabulary, isVocabularyMade: isVocabularyMade, rules, allowsUnknown: allowsUnknown
        )
        var textBytes = 0

        try OrderedPipeline.run(
            threads: threads,
            makeWorker: {
                SentenceTokenizer(WordPieceTokenizer(table, vocabulary, rules), reading)
            },
            next: { () throws(Failure) in try reader.nextBatch() },
            work: { worker, batch in worker.tokenize(batch) },
            consume: { (batch: TokenizedBatch) throws(Failure) in
                try lines.add(batch.lines)
                text.add(batch, note: note)
                var offset = 0
                for length in batch.sentences {
                    if length == TokenizedBatch.documentEnd {
                        try packer.endDocument { (ids, sequence) throws(Failure) in try splits.append(ids, sequence) }
                    } else {
                        try packer.add(batch.tokens.slice(offset..<offset + length)) {
                            (ids, sequence) throws(Failure) in
                            try splits.append(ids, sequence)
                        }
                        offset += length
                    }
                }
                textBytes += batch.textBytes
                progress.update(
                    fraction: files.share(of: reader.consumed),
                    detail: megabytes(textBytes, each: progress.seconds))
            })
        progress.finish()
        lines.finish()
        try text.finish(note: note)
        let (train, heldOut) = try splits.finish()
        let manifest = Manifest(
            maxLength: maximumLength, cased: rules.cased, stripAccents: rules.stripAccents,
            addedWords: vocabulary.addedWords.isEmpty ? nil : vocabulary.addedWords,
            vocabularySize: vocabulary.count,
            vocabularyChecksum: hexadecimal(vocabulary.checksum), seed: seed, heldOutFraction: heldOutFraction,
            documents: packer.document, unknownTokens: text.unknown.count, words: text.unknown.words, train: train,
            heldOut: heldOut, sources: files.files.map { Manifest.Source(name: $0.path, bytes: $0.bytes) })
        return Summary(
            manifest: manifest, textBytes: textBytes, seconds: progress.seconds, unknownWords: text.unknown.summary)
    }
}
