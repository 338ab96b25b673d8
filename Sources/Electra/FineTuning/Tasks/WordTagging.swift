package import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining

/// A tag for each word: names, parts of speech, phrases. A word is read at its first token.
package struct WordTagging: TaskKind {
    package static let name = "tagging"
    package static let metrics = ["f1", "precision", "recall", "accuracy"]
    package static let inputLine = "a sentence, its words separated by spaces"
    package static let formats = [PredictionFormat.jsonl, .tsv, .conll]

    /// Which words of its record each row of a window is.
    package typealias Window = Words

    package struct Words: RecordWindow {
        package let record: Int
        package let words: [Int]
    }

    private let columns: WordColumns
    private let stride: Int

    package init(_ options: TaskOptions) {
        columns = options.words
        stride = options.stride ?? 32
    }

    package func read(_ path: String, labelled: Bool) throws(Failure) -> [WordsRecord] {
        try WordsFile.read(path, columns, needsTags: labelled)
    }

    package func read(_ line: [UInt8], from source: SourceLine) -> WordsRecord? {
        WordsRecord(words: line.split(whereSeparator: isSpace).map(Array.init), source: source)
    }

    package func makeHead(from records: [WordsRecord]) throws(Failure) -> TokenClassificationHead {
        let tags = Set(records.flatMap { $0.tags ?? [] }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard tags.count > 1, tags.count <= 1000 else {
            throw .badData(
                "\(records.first?.source.file ?? "training file"): expected 2 to 1000 tags, found \(tags.count); check --tags"
            )
        }
        return TokenClassificationHead(labels: tags)
    }

    package func makeHead(_ description: TaskHeadDescription) -> TokenClassificationHead? {
        description.kind == .tokenClassification ? TokenClassificationHead(labels: description.labels) : nil
    }

    package func encode(
        _ records: [WordsRecord], _ encoder: SequenceEncoder, _ head: TokenClassificationHead, labelled: Bool
    ) throws(Failure) -> EncodedRecords<Words> {
        let numbers = LabelNumbers(head.description.labels)
        var encoded = EncodedRecords<Words>()
        for (number, record) in records.enumerated() {
            var tags: [Int] = []
            if labelled {
                for tag in record.tags ?? [] { tags.append(try numbers.number(of: tag, record.source)) }
            }
            var ids: [Int32] = []
            // A word that has no token, as one of deleted characters alone, has no first one.
            var firstTokens: [Int?] = []
            for word in record.words {
                let tokens = encoder.tokens(of: word)
                firstTokens.append(tokens.isEmpty ? nil : ids.count)
                ids += tokens
            }
            let windows = TokenWindow.covering(ids.count, room: encoder.maximumLength - 2, stride: stride)
            for window in windows {
                let words = firstTokens.indices.filter { word in
                    firstTokens[word].map { window.read.contains($0) } ?? false
                }
                var example = encoder.join(ids[window.tokens])
                example.rows = words.map { Int32(1 + firstTokens[$0]! - window.tokens.lowerBound) }
                if labelled { example.targets = words.map { Float(tags[$0]) } }
                encoded.append(example, Words(record: number, words: words))
            }
        }
        return encoded
    }

    package func shown(_ example: EncodedExample) -> [(key: String, value: JSON)] {
        [(key: "rows", value: .list(example.rows.map { .integer(Int($0)) }))]
    }

    /// What the head says of each word; nil of those without a token.
    private func tags(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Words>, _ records: [WordsRecord],
        _ head: TokenClassificationHead
    ) -> [[(tag: String, probability: Double)?]] {
        let labels = head.description.labels
        var found = records.map { [(tag: String, probability: Double)?](repeating: nil, count: $0.words.count) }
        for (number, window) in encoded.windows.enumerated() {
            let values = outputs[number]
            for (row, word) in window.words.enumerated() {
                let start = values.startIndex + row * labels.count
                let logits = values[start..<start + labels.count]
                let best = logits.largest
                found[window.record][word] = (labels[best], logits.softmax[best])
            }
        }
        return found
    }

    /// Nothing is what stands outside of entities; or else the first tag.
    private func blank(_ head: TokenClassificationHead) -> String {
        head.description.labels.contains("O") ? "O" : head.description.labels[0]
    }

    package func scores(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Words>, _ records: [WordsRecord],
        _ head: TokenClassificationHead
    ) -> Metrics {
        var counts = EntityCounts()
        for (record, found) in zip(records, tags(outputs, of: encoded, records, head)) {
            counts.add(expected: record.tags ?? [], predicted: found.map { $0?.tag ?? blank(head) })
        }
        var metrics = Metrics()
        metrics["f1"] = counts.overall.f1
        metrics["precision"] = counts.overall.precision
        metrics["recall"] = counts.overall.recall
        metrics["accuracy"] = counts.wordAccuracy
        return metrics
    }

    package func predictions(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Words>, _ records: [WordsRecord],
        _ head: TokenClassificationHead
    ) -> [Prediction] {
        zip(records, tags(outputs, of: encoded, records, head)).map { record, found in
            let words = record.words.map { String(decoding: $0, as: UTF8.self) }
            let tags = found.map { $0?.tag ?? blank(head) }
            var prediction = Prediction(
                id: record.id,
                [
                    ("words", .list(words.map { .text($0) })), ("tags", .list(tags.map { .text($0) })),
                    ("probabilities", .list(found.map { .rounded($0?.probability ?? .nan) })),
                ],
                word: tags.joined(separator: " "))
            prediction.words = zip(words, tags).map { (word: $0, tag: $1) }
            return prediction
        }
    }
}
