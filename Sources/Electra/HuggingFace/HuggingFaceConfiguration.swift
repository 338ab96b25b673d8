import ElectraKernels
package import ElectraModel
package import ElectraSupport

/// The two networks of ELECTRA, and the classes of Hugging Face transformers that hold them.
public enum Network: String, Sendable, CaseIterable {
    case discriminator
    case generator

    /// Where it is in the output of `export`.
    package var subfolders: [String] { [rawValue, "encoder"] }

    package var architecture: String {
        switch self {
        case .discriminator: "ElectraForPreTraining"
        case .generator: "ElectraForMaskedLM"
        }
    }
}

/// config.json of a Hugging Face folder (docs/algorithm.md 12; transformers, configuration_electra.py): the part of it that
/// decides what the network computes. Everything else there is either written as a constant or refused.
package struct HuggingFaceConfiguration: Sendable, Equatable {
    package static let fileName = "config.json"

    /// nil for a folder without either head, or with another: of its encoder use can be made all the same.
    package var network: Network?
    /// Of a fine-tuned model.
    package var head: TaskHeadDescription?
    /// Where nothing says so, the tensors have to.
    var saysElectra = true
    package var sizes: EncoderSizes
    package var vocabulary: Int
    package var maximumPositions: Int
    package var hiddenDropout: Float
    package var attentionDropout: Float
    package var initializerRange: Float
    package var paddingToken: Int
    /// Dropout at a task's head, where that is another than `hiddenDropout`.
    package var classifierDropout: Float?

    package init(
        network: Network? = nil, saysElectra: Bool = true, sizes: EncoderSizes, vocabulary: Int, maximumPositions: Int,
        hiddenDropout: Float, attentionDropout: Float, initializerRange: Float, paddingToken: Int
    ) {
        self.network = network
        self.saysElectra = saysElectra
        self.sizes = sizes
        self.vocabulary = vocabulary
        self.maximumPositions = maximumPositions
        self.hiddenDropout = hiddenDropout
        self.attentionDropout = attentionDropout
        self.initializerRange = initializerRange
        self.paddingToken = paddingToken
    }
}

extension HuggingFaceConfiguration {
    package var json: JSON {
        guard case .object(let members) = encoder else { return encoder }
        return .object(members + (head?.json ?? []))
    }

    private var encoder: JSON {
        [
            "architectures": [.text(head?.kind.rawValue ?? (network ?? .discriminator).architecture)],
            "model_type": "electra",
            "vocab_size": .integer(vocabulary),
            "embedding_size": .integer(sizes.embedding),
            "hidden_size": .integer(sizes.hidden),
            "num_hidden_layers": .integer(sizes.layers),
            "num_attention_heads": .integer(sizes.heads),
            "intermediate_size": .integer(sizes.feedForward),
            "hidden_act": "gelu",
            "hidden_dropout_prob": .float(hiddenDropout),
            "attention_probs_dropout_prob": .float(attentionDropout),
            "max_position_embeddings": .integer(maximumPositions),
            "type_vocab_size": 2,
            "initializer_range": .float(initializerRange),
            "layer_norm_eps": .float(LayerNorm.epsilon),
            "pad_token_id": .integer(paddingToken),
            "position_embedding_type": "absolute",
            "tie_word_embeddings": true,
            "summary_type": "first",
            "summary_use_proj": true,
            "summary_activation": "gelu",
            "summary_last_dropout": 0.1,
            "classifier_dropout": classifierDropout.map { .float($0) } ?? .null,
            "use_cache": true,
            "dtype": "float32",
        ]
    }

    /// Keys that are absent have transformers' defaults. What this program computes otherwise is refused.
    package init(folder: String) throws(Failure) {
        let file = try JSONObjectFile(
            path: "\(folder)/\(Self.fileName)",
            remedy: "name the folder of an ELECTRA model as transformers saves it")
        func refuse(_ key: String, _ expected: String, _ found: String) -> Failure {
            .badData("\(file.path): expected \(expected) as \"\(key)\", found \(found); this program has no other")
        }
        let architecture = file.object["architectures"]?.list?.first?.text
        let type = try file.text("model_type", default: "")
        guard type.isEmpty || type == "electra" else {
            throw .badData("\(file.path): expected model_type \"electra\", found \"\(type)\"; name an ELECTRA model")
        }
        saysElectra = !type.isEmpty || architecture?.hasPrefix("Electra") == true
        for (key, expected) in [("hidden_act", "gelu"), ("position_embedding_type", "absolute")] {
            let found = try file.text(key, default: expected)
            if found != expected { throw refuse(key, expected, found) }
        }
        for (key, expected) in [("tie_word_embeddings", true), ("is_decoder", false)] {
            let found = try file.flag(key) ?? expected
            if found != expected { throw refuse(key, "\(expected)", "\(found)") }
        }
        let epsilon = Float(try file.number("layer_norm_eps", default: Double(LayerNorm.epsilon)))
        if epsilon != LayerNorm.epsilon { throw refuse("layer_norm_eps", "\(LayerNorm.epsilon)", "\(epsilon)") }
        let types = try file.integer("type_vocab_size", default: 2)
        if types != 2 { throw refuse("type_vocab_size", "2", "\(types)") }

        network = Network.allCases.first { $0.architecture == architecture }
        head = try TaskHeadDescription(architecture: architecture, file)
        func size(_ key: String, default standard: Int) throws(Failure) -> Int {
            let value = try file.integer(key, default: standard)
            guard value > 0 && value < 1 << 24 else { throw refuse(key, "a size", "\(value)") }
            return value
        }
        sizes = EncoderSizes(
            embedding: try size("embedding_size", default: 128), hidden: try size("hidden_size", default: 256),
            layers: try size("num_hidden_layers", default: 12), heads: try size("num_attention_heads", default: 4),
            feedForward: try size("intermediate_size", default: 1024))
        guard sizes.hidden.isMultiple(of: sizes.heads), sizes.layers <= 256, sizes.heads <= 256 else {
            throw .badData(
                "\(file.path): \(sizes.heads) attention heads for a hidden size of \(sizes.hidden) and "
                    + "\(sizes.layers) layers are no model; is the file damaged?")
        }
        vocabulary = try size("vocab_size", default: 30_522)
        maximumPositions = try size("max_position_embeddings", default: 512)
        guard maximumPositions >= 8 else { throw refuse("max_position_embeddings", "8 or more", "\(maximumPositions)") }
        hiddenDropout = Float(try file.number("hidden_dropout_prob", default: 0.1))
        attentionDropout = Float(try file.number("attention_probs_dropout_prob", default: 0.1))
        initializerRange = Float(try file.number("initializer_range", default: 0.02))
        paddingToken = try file.integer("pad_token_id", default: 0)
        classifierDropout =
            file.object["classifier_dropout"]?.number == nil
            ? nil : Float(try file.number("classifier_dropout", default: 0.1))
    }
}
