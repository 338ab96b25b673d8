package import ElectraSupport
import Foundation

/// A vocabulary learnt from the text of a corpus: words are counted on all threads, then pieces are merged.
package enum CorpusVocabulary {
    /// `output` is where the vocabulary will be, and no part of the corpus. Notes go to standard error.
    package static func train(
        _ trainer: VocabularyTrainer, corpus: [String], except output: String,
        reading: ReadingOptions = ReadingOptions(),
        rules: TextRules, threads: Int
    ) throws(Failure) -> Vocabulary {
        try reading.validate()
        let files = try CorpusFiles(corpus, except: [output], options: reading)
        for note in files.notes { ProgressLine.note(note) }
        var losses = TextLosses()
        let words = try countWords(of: files, rules: rules, threads: threads, losses: &losses, note: ProgressLine.note)
        let vocabulary = try train(trainer, on: words, note: ProgressLine.note)
        losses.add(words, spelledWith: WordPieceTokenizer(vocabulary, rules))
        try losses.report(corpus[0], vocabulary, reserved: trainer.reservedPieces.count, rules, note: ProgressLine.note)
        return vocabulary
    }

    package static func train(
        _ trainer: VocabularyTrainer, on files: CorpusFiles, rules: TextRules, threads: Int,
        noteOfReading: @escaping (String) -> Void, note: (String) -> Void
    ) throws(Failure) -> Vocabulary {
        var losses = TextLosses()
        let words = try countWords(of: files, rules: rules, threads: threads, losses: &losses, note: noteOfReading)
        return try train(trainer, on: words, note: note)
    }

    private static func train(
        _ trainer: VocabularyTrainer, on words: WordTable, note: (String) -> Void
    ) throws(Failure) -> Vocabulary {
        let progress = ProgressLine("merging pieces")
        progress.announce("\(words.count) words")
        let pieces = trainer.train(on: words) { progress.update(fraction: $0, detail: "\(words.count) words") }
        progress.finish()
        if let text = pieces.leftOut.note { note(text) }
        return try Vocabulary(pieces: pieces.texts, name: "the vocabulary made of the corpus")
    }

    /// Every thread counts in a table of its own; sums do not depend on who counted what.
    private static func countWords(
        of files: CorpusFiles, rules: TextRules, threads: Int, losses: inout TextLosses,
        note: @escaping (String) -> Void
    ) throws(Failure) -> WordTable {
        let progress = ProgressLine("counting words")
        progress.announce("reading \(files.files[0].path)")
        let counters = Counters()
        let options = files.options
        var reader = CorpusReader(files, note: note)
        var lines = LineReport(note: note)
        var textBytes = 0
        try OrderedPipeline.run(
            threads: threads,
            makeWorker: { (words: counters.make(rules), json: JSONDocument(options)) },
            next: { () throws(Failure) in try reader.nextBatch() },
            work: { worker, batch in
                let lines = count(batch, worker.words, worker.json)
                return CountedBatch(
                    bytes: batch.bytes.count, lines: lines, tooLong: worker.words.takeTooLong(),
                    deletedMarks: worker.words.takeDeletedMarks())
            },
            consume: { (counted: CountedBatch) throws(Failure) in
                try lines.add(counted.lines)
                losses.add(counted)
                textBytes += counted.bytes
                progress.update(
                    fraction: files.share(of: reader.consumed),
                    detail: megabytes(textBytes, each: progress.seconds))
            })
        progress.finish()
        lines.finish()
        return counters.total()
    }

    private static func count(_ batch: TextBatch, _ words: WordCounter, _ json: JSONDocument) -> LineCounts {
        var counts = LineCounts(batch)
        var document: [UInt8] = []
        batch.forEachLine { line, number, _ in
            if counts.problem != nil { return }
            switch batch.format {
            case .lines: counts.add(line, number, invalidBytes: words.add(line))
            case .jsonLines:
                guard json.read(line, number, into: &document, counting: &counts) else { return }
                document.withUnsafeBufferPointer { counts.add($0, number, invalidBytes: words.add($0)) }
            }
        }
        return counts
    }
}

/// What counting a batch gives beside the counts.
struct CountedBatch: Sendable {
    let bytes: Int
    let lines: LineCounts
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
