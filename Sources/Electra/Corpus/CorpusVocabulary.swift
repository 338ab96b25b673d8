import Foundation

/// A vocabulary learnt from the text of a corpus: words are counted on all threads, then pieces are merged.
public enum CorpusVocabulary {
    /// `output` is where the vocabulary will be, and no part of the corpus. Notes go to standard error.
    public static func train(
        _ trainer: VocabularyTrainer, corpus: [String], except output: String, rules: TextRules, threads: Int
    ) throws(Failure) -> Vocabulary {
        let files = try CorpusFiles(corpus, except: [output])
        for note in files.notes { ProgressLine.note(note) }
        let vocabulary = try train(trainer, on: files, rules: rules, threads: threads, note: ProgressLine.note)
        guard vocabulary.count > trainer.reservedPieces.count else {
            throw .badData("\(corpus[0]): no word in this corpus to learn from; name files with text")
        }
        return vocabulary
    }

    static func train(
        _ trainer: VocabularyTrainer, on files: CorpusFiles, rules: TextRules, threads: Int, note: (String) -> Void
    ) throws(Failure) -> Vocabulary {
        let words = try countWords(of: files, rules: rules, threads: threads)
        let progress = ProgressLine("merging pieces")
        let pieces = trainer.train(on: words) { progress.update(fraction: $0, detail: "\(words.count) words") }
        progress.finish()
        if let text = pieces.leftOut.note { note(text) }
        return try Vocabulary(pieces: pieces.texts, name: "the vocabulary made of the corpus")
    }

    /// Every thread counts in a table of its own; sums do not depend on who counted what.
    private static func countWords(of files: CorpusFiles, rules: TextRules, threads: Int) throws(Failure) -> WordTable {
        let progress = ProgressLine("counting words")
        let counters = Counters()
        var reader = CorpusReader(files.files)
        var textBytes = 0
        try OrderedPipeline.run(
            threads: threads,
            makeWorker: { counters.make(rules) },
            next: { () throws(Failure) in try reader.nextBatch() },
            work: { counter, batch in (bytes: batch.bytes.count, problem: count(batch, with: counter)) },
            consume: { (counted: (bytes: Int, problem: Failure?)) throws(Failure) in
                if let problem = counted.problem { throw problem }
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
