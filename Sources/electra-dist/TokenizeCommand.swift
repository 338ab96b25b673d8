import ArgumentParser
import ElectraCorpus
import ElectraHuggingFace
import ElectraSupport

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Prints the WordPieces of each line of standard input.",
        discussion: """
            Shows what prepare makes of a text:

              electra-dist tokenize --vocab vocab.txt < text
            """)

    @Option(
        help: ArgumentHelp(
            "WordPiece vocabulary, one piece a line; or a tokenizer.json, or the folder of a model or data set, whose casing is taken, too.",
            valueName: "path"), completion: .file())
    var vocab: String

    @OptionGroup var text: TextOptions

    @Flag(help: "Print ids, not pieces.")
    var ids = false

    @Flag(help: "Print ids with the characters of the line that each stands for, as id:start-end, from 0.")
    var offsets = false

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let named = try NamedVocabulary(vocab)
            let vocabulary = named.vocabulary
            let tokenizer = WordPieceTokenizer(vocabulary, try text.rules(for: named, at: vocab))
            let input = StandardInput()
            var unknown = UnknownTally()
            while let lines = try input.nextLines() {
                for line in lines {
                    let tokens = offsets ? tokenizer.tokens(of: line) : []
                    let lineIDs = offsets ? tokens.map(\.id) : tokenizer.ids(of: line)
                    let words =
                        offsets
                        ? tokens.map { "\($0.id):\($0.start)-\($0.end)" }
                        : lineIDs.map { ids ? String($0) : vocabulary[$0] }
                    print(words.joined(separator: " "))
                    unknown.add(lineIDs, vocabulary)
                }
            }
            if let note = unknown.note("check --vocab, --cased and --keep-accents") {
                try StandardOutput.flush()
                ProgressLine.note(note)
            }
        }
    }
}
