import ArgumentParser
import ElectraCorpus
import ElectraPretraining
import ElectraSupport
import ElectraTraining
import Foundation

/// What becomes of capitals and accents, for all commands that read text with a vocabulary of one's own.
struct TextOptions: ParsableArguments {
    @Flag(
        help: """
            Keep capitals and accents; for vocabularies that have them. (Lower case is as in English: Turkish I becomes i.)
            """)
    var cased = false

    @Flag(
        help: """
            Keep accents, though capitals go: for languages in which they make other words, such as Hindi, Thai, Japanese, \
            Korean, Vietnamese and Russian.
            """)
    var keepAccents = false

    func validate() throws {
        if cased && keepAccents { throw ValidationError("--cased keeps accents already; leave --keep-accents out") }
    }

    var rules: TextRules { TextRules(cased: cased, stripAccents: keepAccents ? false : nil) }

    /// Those of the model that `--vocab` names, if it names one; of a vocabulary alone, what these options say.
    func rules(for vocabulary: NamedVocabulary, at path: String) throws(Failure) -> TextRules {
        guard let own = vocabulary.rules else { return rules }
        guard !(cased || keepAccents) || own.name == rules.name else {
            throw .usage(
                "\(path): its tokenizer is \(own.name), and --\(cased ? "cased" : "keep-accents") asks for "
                    + "\(rules.name); leave the option out, or name a vocab.txt alone")
        }
        return own
    }
}

/// Threads of the commands that work on text.
struct ThreadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Threads to work with; all cores if not given. The output does not depend on it.", valueName: "count"))
    var threads: Int?

    func count() throws(Failure) -> Int {
        guard let threads else { return ProcessInfo.processInfo.activeProcessorCount }
        let range = Housekeeping.threadRange
        guard range.contains(threads) else {
            throw .usage("--threads \(threads): expected 1 to \(range.upperBound); leave it out to use all cores")
        }
        return threads
    }
}
