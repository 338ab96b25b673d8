import Foundation

/// A vocabulary learnt from the text of a corpus: words are counted on all threads, then pieces are merged.
public enum CorpusVocabulary {
    /// `output` is where the vocabulary will be, and no part of the corpus. Notes go to standard error.
    public static func train(
        _ trainer: VocabularyTrainer, corpus: [String], except output: String, rules: TextRules, threads: Int
    ) throws(Failure) -> Vocabulary {
        let files = try CorpusFiles(corpus, except: [output])
        for note in files.notes { ProgressLine.note(note) }
        var losses = TextLosses()
        let words = try countWords(of: files, rules: rules, threads: threads, losses: &losses)
        let vocabulary = try train(trainer, on: words)
        losses.add(words, spelledWith: WordPieceTokenizer(vocabulary, rules))
        try losses.report(corpus[0], vocabulary, reserved: trainer.reservedPieces.count, rules, note: ProgressLine.note)
        return vocabulary
    }

    static func train(
        _ trainer: VocabularyTrainer, on files: CorpusFiles, rules: TextRules, threads: Int
    ) throws(Failure) -> Vocabulary {
        var losses = TextLosses()
        return try train(trainer, on: countWords(of: files, rules: rules, threads: threads, losses: &losses))
    }

    private static func train(_ trainer: VocabularyTrainer, on words: WordTable) throws(Failure) -> Vocabulary {
        let progress = ProgressLine("merging pieces")
        let pieces = trainer.train(on: words) { progress.update(fraction: $0, detail: "\(words.count) words") }
        progress.finish()
        return try Vocabulary(pieces: pieces, name: "the vocabulary made of the corpus")
    }

    /// Every thread counts in a table of its own; sums do not depend on who counted what.
    private static func countWords(
        of files: CorpusFiles, rules: TextRules, threads: Int, losses: inout TextLosses
    ) throws(Failure) -> WordTable {
        let progress = ProgressLine("counting words")
        let counters = Counters()
        var reader = CorpusReader(files.files)
        var textBytes = 0
        try OrderedPipeline.run(
            threads: threads,
            makeWorker: { counters.make(rules) },
            next: { () throws(Failure) in try reader.nextBatch() },
            work: { counter, batch in
                let problem = count(batch, with: counter)
                return CountedBatch(
                    bytes: batch.bytes.count, problem: problem, tooLong: counter.takeTooLong(),
                    deletedMarks: counter.takeDeletedMarks())
            },
            consume: { (counted: CountedBatch) throws(Failure) in
                if let problem = counted.problem { throw problem }
                losses.add(counted)
                textBytes += counted.bytes
                progress.update(
                    fraction: files.share(of: reader.consumed),
                    detail: megabytes(textBytes, each: progress.seconds))
            })
        progress.finish()
        return counters.total()
    }

    /// What is wrong with the first line that cannot be read as what the file claims to be.
    private static func count(_ batch: TextBatch, with counter: WordCounter) -> Failure? {
        var document: [UInt8] = []
        var problem: Failure?
        batch.forEachLine { line, number, _ in
            if problem != nil { return }
            switch batch.format {
            case .lines: counter.add(line)
            case .jsonLines:
                do throws(Failure) {
                    guard try batch.readDocument(of: line, number, into: &document) else { return }
                    document.withUnsafeBufferPointer { counter.add($0) }
                } catch {
                    problem = error
                }
            }
        }
        return problem
    }
}

/// What counting a batch gives beside the counts.
struct CountedBatch: Sendable {
    let bytes: Int
    let problem: Failure?
    let tooLong: FrequentWords
    let deletedMarks: DeletedMarks
}

/// The counters that the threads were given. Each is used by its thread alone until the pipeline has ended.
private final class Counters: @unchecked Sendable {
    private let lock = NSLock()
    private var counters: [WordCounter] = []

    func make(_ rules: TextRules) -> WordCounter {
        let counter = WordCounter(rules)
        lock.withLock { counters.append(counter) }
        return counter
    }

    func total() -> WordTable {
        let total = WordTable()
        for counter in lock.withLock({ counters }) { total.add(counter.table) }
        return total
    }
}
