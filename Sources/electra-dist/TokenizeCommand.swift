import ArgumentParser
import Electra

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Prints the WordPieces of each line of standard input.",
        discussion: "Shows what prepare makes of a text: electra-dist tokenize --vocab vocab.txt < text")

    @Option(help: ArgumentHelp("WordPiece vocabulary, one piece a line.", valueName: "file"))
    var vocab: String

    @Flag(help: "Keep capitals and accents.")
    var cased = false

    @Flag(help: "Print ids, not pieces.")
    var ids = false

    func run() throws {
        try runCommand { () throws(Failure) in
            let vocabulary = try Vocabulary(path: vocab)
            let tokenizer = WordPieceTokenizer(vocabulary, cased: cased)
            try StandardInput.forEachLine { line in
                let tokens = tokenizer.ids(of: line)
                print(tokens.map { ids ? String($0) : vocabulary[$0] }.joined(separator: " "))
            }
        }
    }
}
