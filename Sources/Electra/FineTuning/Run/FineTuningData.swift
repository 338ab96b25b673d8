package import ElectraHuggingFace
import ElectraKernels
package import ElectraModel
package import ElectraSupport
import ElectraTraining

/// A task's examples, read and encoded for a model: what training and scoring work on.
package struct FineTuningData<Kind: TaskKind> {
    package struct Split {
        package let path: String
        package let records: [Kind.Record]
        package let encoded: EncodedRecords<Kind.Window>
    }

    package let kind: Kind
    package let folder: HuggingFaceFolder
    package let tokenizer: TokenizerFiles
    package let head: Kind.Head
    package let train: Split
    package let dev: Split
    /// Tokens of the longest example of both.
    package let maximumLength: Int
    /// Of the training examples, as the network sees them, and of the weights that it starts with.
    package let fingerprint: String
    package let modelFingerprint: String

    /// `maxLength` is what sequences may be long; the model may take less.
    package init(
        _ kind: Kind, model: HuggingFaceFolder, train: String, dev: String, maxLength: Int
    ) throws(Failure) {
        self.kind = kind
        folder = model
        tokenizer = try model.tokenizer()
        guard maxLength >= 8 else { throw .usage("--max-length \(maxLength): expected 8 or more") }
        let length = min(maxLength, model.configuration.maximumPositions)
        let encoder = SequenceEncoder(tokenizer.vocabulary, tokenizer.rules, maximumLength: length)
        let records = try kind.read(train, labelled: true)
        head = try kind.makeHead(from: records)
        let devRecords = try kind.read(dev, labelled: true)
        self.train = Split(
            path: train, records: records, encoded: try kind.encode(records, encoder, head, labelled: true))
        self.dev = Split(
            path: dev, records: devRecords, encoded: try kind.encode(devRecords, encoder, head, labelled: true))
        maximumLength = (self.train.encoded.examples + self.dev.encoded.examples).map(\.ids.count).max() ?? 2
        fingerprint = Self.fingerprint(of: self.train.encoded.examples, labels: head.description.labels)
        modelFingerprint = model.weights.checksum
    }

    private static func fingerprint(of examples: [EncodedExample], labels: [String]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bits: UInt32) { hash = (hash ^ UInt64(bits)) &* 0x100_0000_01B3 }
        for example in examples {
            for id in example.ids { add(UInt32(bitPattern: id)) }
            for row in example.rows { add(UInt32(bitPattern: row)) }
            for target in example.targets { add(target.bitPattern) }
        }
        for label in labels { for byte in label.utf8 { add(UInt32(byte)) } }
        return zeroPadded(hash, to: 16, radix: 16)
    }

    /// What of the examples the network does not see.
    package var notes: [String] {
        [train, dev].compactMap { split in
            let encoded = split.encoded
            guard encoded.cutRecords > 0 else { return nil }
            return
                "note: \(split.path): \(counted(encoded.cutRecords, "example")) of \(split.records.count) longer than the "
                + "network's sequences, \(counted(encoded.cutTokens, "token")) cut off; a longer --max-length takes more in"
        }
    }

    /// The model's encoder.
    package var tower: Tower { folder.tower }
}

extension HuggingFaceFolder {
    /// Its encoder, whatever stands on it.
    var tower: Tower {
        Tower(
            Network.discriminator.rawValue, configuration.sizes,
            EmbeddingRows(vocabulary: configuration.vocabulary, positions: configuration.maximumPositions),
            initializerRange: configuration.initializerRange)
    }
}
