import ArgumentParser
import ElectraCorpus
import ElectraSupport

struct VocabularyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocabulary",
        abstract: "Learns a WordPiece vocabulary from text.",
        discussion: """
            Reads a corpus as prepare does and writes vocab.txt: the special pieces, the characters, then the pieces \
            that byte-pair merging finds most frequent. The same corpus and options give the same vocabulary, on any \
            number of threads. prepare without --vocab does the same, for 8192 pieces.

              electra-dist vocabulary --corpus books/ --size 30522 --output vocab.txt
              electra-dist prepare --corpus books/ --vocab vocab.txt --output data
            """)

    @OptionGroup var source: CorpusOptions

    @Option(
        help: ArgumentHelp(
            "Pieces in all. 30522 is BERT's; a corpus of a few MB needs fewer, such as 8192.", valueName: "count"))
    var size = VocabularyTrainer().size

    @OptionGroup var text: TextOptions

    @Option(help: ArgumentHelp("Pieces that are joined must stand side by side this often.", valueName: "count"))
    var minimumFrequency = VocabularyTrainer().minimumFrequency

    @Option(
        help: ArgumentHelp(
            "Slots [unused0] ... after [PAD], for pieces of your own later. With 99 the special pieces are numbered as in BERT.",
            valueName: "count"))
    var unused = VocabularyTrainer().unusedSlots

    @Option(
        help: ArgumentHelp(
            """
            The most frequent characters that make up this share of the text get pieces before anything else, and the \
            others none: words with them become [UNK]. Without it each character competes with pairs for a place.
            """,
            valueName: "fraction"))
    var characterCoverage: Double?

    @OptionGroup var threading: ThreadOptions

    @Option(help: ArgumentHelp("File to write, one piece a line.", valueName: "file"), completion: .file())
    var output: String

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            var trainer = VocabularyTrainer()
            trainer.size = size
            trainer.minimumFrequency = minimumFrequency
            trainer.unusedSlots = unused
            trainer.characterCoverage = characterCoverage
            try trainer.validate()
            try Vocabulary.checkCanBeWritten(to: output)
            let vocabulary = try CorpusVocabulary.train(
                trainer, corpus: source.corpus, except: output, reading: source.reading, rules: text.rules,
                threads: try threading.count())
            try vocabulary.write(to: output)
            print("\(output): \(counted(vocabulary.count, "piece")), \(text.rules.name)")
            if vocabulary.count < size {
                ProgressLine.note(
                    "note: the corpus has no more pairs that stand side by side \(counted(minimumFrequency, "time")) "
                        + "or more; \(vocabulary.count) pieces of \(size) were made")
            }
        }
    }
}
