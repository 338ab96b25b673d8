import ArgumentParser
import ElectraCorpus
import ElectraHuggingFace
import ElectraSupport
import Foundation

struct PrepareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Turns text into a data set to pre-train on.",
        discussion: """
            Reads text with one sentence or paragraph a line and a blank line between documents, and JSON lines with one \
            document a line in the field "text" (--text-field names others); also packed (gz, bz2, xz, zst, lz4) or in tar \
            and zip archives. Each file is looked into: what is no such text is refused, with the way to text. Folders \
            are searched for files that end in .txt, .jsonl, .json and the like, or have no suffix.

            The text is cut into WordPieces, packed into sequences of up to --max-length tokens and written to the \
            output folder together with the vocabulary. A small random part is held out, to measure progress on unseen \
            text. The same corpus, options and seed give the same bytes, on any number of threads.

            Words that the vocabulary cannot spell become [UNK]. Their share and the commonest of them are printed; \
            above 1 % a note says why, above 30 % there is no data set. It also says where text without capitals and \
            accents, the default, lost more than accents: vowel signs, voicing marks, tones.

              electra-dist prepare --corpus books/ --vocab vocab.txt --output data
              electra-dist inspect data
            """)

    @OptionGroup var source: CorpusOptions

    @Option(
        help: ArgumentHelp(
            """
            WordPiece vocabulary, one piece a line, with [PAD] [UNK] [CLS] [SEP] [MASK]; or a tokenizer.json, or the \
            folder of a model, whose casing is taken, too. Without it one is learnt from the corpus, as electra-dist \
            vocabulary does, with --vocabulary-size pieces.
            """,
            valueName: "path"), completion: .file())
    var vocab: String?

    @Option(
        help: ArgumentHelp(
            "Pieces of a vocabulary that is learnt from the corpus. (default: 8192)",
            valueName: "count"))
    var vocabularySize: Int?

    @OptionGroup var text: TextOptions

    @Option(
        help: ArgumentHelp(
            "Longest sequence in tokens, [CLS] and [SEP] included. The cost per token grows with it.",
            valueName: "tokens"))
    var maxLength = 128

    @Option(help: ArgumentHelp("Fraction of the text that is held out of training.", valueName: "fraction"))
    var heldOut = 0.01

    @Flag(help: "Make a data set though over 30 % of the words are [UNK], of which a model learns nothing.")
    var allowUnknown = false

    @OptionGroup var threading: ThreadOptions

    @Option(help: "Seed of the random choices: lengths, splits of sequences, held-out part.")
    var seed = 0

    @Option(
        help: ArgumentHelp("Folder to write; a data set that is there already is replaced.", valueName: "folder"),
        completion: .directory)
    var output: String

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            if vocab != nil && vocabularySize != nil {
                throw .usage(
                    "--vocabulary-size is for a vocabulary learnt from the corpus, and --vocab gives one; leave one out"
                )
            }
            var preparation = PrepareCorpus(corpus: source.corpus, output: output)
            preparation.reading = source.reading
            if let vocabularySize { preparation.vocabularySize = vocabularySize }
            preparation.rules = text.rules
            if let vocab {
                let named = try NamedVocabulary(
                    vocab, remedy: Vocabulary.usualRemedy + ", or leave --vocab out to have one made")
                preparation.vocabulary = named
                preparation.rules = try text.rules(for: named, at: vocab)
                if preparation.rules.name != text.rules.name {
                    ProgressLine.note("note: \(vocab): its tokenizer is \(preparation.rules.name), so the text is, too")
                }
            }
            preparation.maximumLength = maxLength
            preparation.heldOutFraction = heldOut
            preparation.allowsUnknown = allowUnknown
            guard seed >= 0 else { throw .usage("--seed \(seed): expected 0 or more") }
            preparation.seed = UInt64(seed)
            preparation.threads = try threading.count()
            StopSignals.install(answer: "what was begun is removed first", interruptReads: true)
            let summary = try preparation.run(note: ProgressLine.note)
            let manifest = summary.manifest
            if vocab == nil { print("made a vocabulary of \(counted(manifest.vocabularySize, "piece"))") }
            let rate = Double(summary.textBytes) / 1e6 / max(summary.seconds, 1e-3)
            print(
                "\(output): \(counted(manifest.train.sequences, "sequence")) to train on, "
                    + "\(manifest.heldOut.sequences) held out, "
                    + "\(counted(manifest.train.tokens + manifest.heldOut.tokens, "token")), "
                    + counted(manifest.documents, "document"))
            print(summary.unknownWords)
            print(
                String(
                    format: "read %.1f MB of text in %.1f s, %.1f MB/s on %@", Double(summary.textBytes) / 1e6,
                    summary.seconds, rate, counted(preparation.threads, "thread")))
        }
    }
}
