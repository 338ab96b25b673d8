import ArgumentParser
import ElectraCorpus
import ElectraSupport

/// Which text is read, and how, for the commands that learn from a corpus.
struct CorpusOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Text files and folders to read: text or JSON lines, plain, packed (gz, bz2, xz, zst, lz4) or in tar and zip archives.",
            valueName: "path"), completion: .file())
    var corpus: [String]

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Fields of JSON lines that hold the text, joined in this order; \"meta.title\" is a field inside of another. (default: text)",
            valueName: "name"))
    var textField: [String] = []

    @Flag(help: "Pass over lines of JSON that are broken, or have no text, and count them.")
    var skipBadLines = false

    @Option(
        help: ArgumentHelp(
            "What the files hold: text, a sentence or paragraph a line, or json, an object a line. Seen from each file's first bytes if not given.",
            valueName: "text|json"))
    var format: TextFormat?

    var reading: ReadingOptions {
        var reading = ReadingOptions()
        if !textField.isEmpty { reading.textFields = textField }
        reading.skipsBadLines = skipBadLines
        reading.format = format
        return reading
    }
}

extension TextFormat: ExpressibleByArgument {}
