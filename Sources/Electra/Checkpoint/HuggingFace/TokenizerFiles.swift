import Foundation

/// The files from which Hugging Face makes the tokenizer that a network was trained with (ELECTRA.md 3.3).
struct TokenizerFiles: Sendable, Equatable {
    static let vocabularyName = Manifest.vocabularyFileName
    private static let tokenizerName = "tokenizer.json"
    private static let configurationName = "tokenizer_config.json"
    private static let specialTokensName = "special_tokens_map.json"
    static let names = [vocabularyName, tokenizerName, configurationName, specialTokensName]

    var vocabulary: Vocabulary
    var rules: TextRules
    /// Longest sequence with [CLS] and [SEP]; nil where nothing is known of it.
    var maximumLength: Int?
}

extension TokenizerFiles {
    func write(to folder: String) throws(Failure) {
        try vocabulary.write(to: "\(folder)/\(Self.vocabularyName)")
        for (name, json) in [
            (Self.tokenizerName, tokenizer), (Self.configurationName, configuration),
            (Self.specialTokensName, specialTokens),
        ] {
            try FileAccess.write(Array((json.pretty + "\n").utf8), to: "\(folder)/\(name)")
        }
    }

    private var specials: [(piece: String, id: Int32)] {
        [
            ("[PAD]", vocabulary.padding), ("[UNK]", vocabulary.unknown), ("[CLS]", vocabulary.classifier),
            ("[SEP]", vocabulary.separator), ("[MASK]", vocabulary.mask),
        ]
    }

    private var stripAccents: JSON { rules.stripAccents.map { .flag($0) } ?? .null }

    private var tokenizer: JSON {
        func sequence(_ name: String, type: Int) -> JSON {
            ["Sequence": ["id": .text(name), "type_id": .integer(type)]]
        }
        func special(_ piece: String, type: Int) -> JSON {
            ["SpecialToken": ["id": .text(piece), "type_id": .integer(type)]]
        }
        func named(_ piece: String, _ id: Int32) -> (key: String, value: JSON) {
            (piece, ["id": .text(piece), "ids": [.integer(Int(id))], "tokens": [.text(piece)]])
        }
        let first = [special("[CLS]", type: 0), sequence("A", type: 0), special("[SEP]", type: 0)]
        let second = [sequence("B", type: 1), special("[SEP]", type: 1)]
        return [
            "version": "1.0",
            "truncation": nil,
            "padding": nil,
            "added_tokens": .list(
                specials.sorted { $0.id < $1.id }.map { piece, id in
                    [
                        "id": .integer(Int(id)), "content": .text(piece), "single_word": false, "lstrip": false,
                        "rstrip": false, "normalized": false, "special": true,
                    ]
                }),
            "normalizer": [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": stripAccents, "lowercase": .flag(!rules.cased),
            ],
            "pre_tokenizer": ["type": "BertPreTokenizer"],
            "post_processor": [
                "type": "TemplateProcessing", "single": .list(first), "pair": .list(first + second),
                "special_tokens": .object([
                    named("[CLS]", vocabulary.classifier), named("[SEP]", vocabulary.separator),
                ]),
            ],
            "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
            "model": [
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": .integer(BertNormalizer.characterLimit),
                "vocab": .object(vocabulary.pieces.enumerated().map { (key: $1, value: .integer($0)) }),
            ],
        ]
    }

    private var configuration: JSON {
        [
            "tokenizer_class": "ElectraTokenizer", "do_lower_case": .flag(!rules.cased), "strip_accents": stripAccents,
            "tokenize_chinese_chars": true, "model_max_length": .integer(maximumLength ?? 512),
            "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
            "mask_token": "[MASK]",
        ]
    }

    private var specialTokens: JSON {
        [
            "cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]",
            "unk_token": "[UNK]",
        ]
    }
}

extension TokenizerFiles {
    /// From vocab.txt, or from tokenizer.json where newer transformers save that alone.
    init(folder: String) throws(Failure) {
        func path(_ name: String) -> String? {
            FileAccess.kind(of: "\(folder)/\(name)") == .file ? "\(folder)/\(name)" : nil
        }
        func object(_ name: String) throws(Failure) -> JSONObjectFile? {
            try path(name).map { (path) throws(Failure) in
                try JSONObjectFile(path: path, remedy: Self.remedy)
            }
        }
        let tokenizer = try object(Self.tokenizerName)
        let configuration = try object(Self.configurationName)
        if let path = path(Self.vocabularyName) {
            vocabulary = try Vocabulary(path: path, remedy: Self.remedy)
        } else if let tokenizer {
            vocabulary = try Self.vocabulary(in: tokenizer)
        } else {
            throw .badData(
                "\(folder): neither \(Self.vocabularyName) nor \(Self.tokenizerName) in it; "
                    + "save the tokenizer there, too (tokenizer.save_pretrained)")
        }
        try Self.checkWordsCutOut(
            tokenizer, configuration, specialTokens: object(Self.specialTokensName), added: object("added_tokens.json"))
        // What transformers makes of a folder: the rules of its configuration, or their defaults, also where
        // tokenizer.json says otherwise; only a class without rules goes by tokenizer.json.
        let hasRules = try configuration.map(Self.classHasRules) ?? true
        let configured = TextRules(
            cased: try configuration?.flag("do_lower_case") == false,
            stripAccents: try configuration?.flag("strip_accents"))
        if let tokenizer {
            rules = try Self.rules(in: tokenizer)
            guard !hasRules || rules.name == configured.name else {
                let other =
                    configuration == nil
                    ? "without a \(Self.configurationName) transformers takes \(configured.name)"
                    : "\(Self.configurationName), which transformers goes by, \(configured.name)"
                throw .badData(
                    "\(folder): \(Self.tokenizerName) says \(rules.name), and \(other); set do_lower_case and "
                        + "strip_accents in \(Self.configurationName) to what the model was trained with")
            }
        } else {
            guard hasRules else {
                throw .badData("\(folder): its tokenizer_class needs a \(Self.tokenizerName); \(Self.remedy)")
            }
            rules = configured
        }
        // transformers writes 10^30 where it does not know.
        let length = try configuration?.number("model_max_length", default: .infinity) ?? .infinity
        maximumLength = length >= 8 && length < 0x1p24 ? Int(length) : nil
    }

    private static let remedy = "save the tokenizer again with transformers"

    /// Whether the tokenizer_class has rules, and not those of tokenizer.json only (a class of another name since
    /// transformers 5). Refuses one that cuts words in another way and has a vocab.txt none the less.
    private static func classHasRules(_ file: JSONObjectFile) throws(Failure) -> Bool {
        let known = ["Electra", "Bert"].flatMap { ["\($0)Tokenizer", "\($0)TokenizerFast"] }
        let found = try file.text("tokenizer_class", default: known[0])
        if ["PreTrainedTokenizerFast", "TokenizersBackend"].contains(found) { return false }
        guard known.contains(found) else {
            throw .badData(
                "\(file.path): expected tokenizer_class \(known[0]), found \(found); this program has no other")
        }
        for key in ["do_basic_tokenize", "tokenize_chinese_chars"] where try file.flag(key) == false {
            throw .badData("\(file.path): expected \(key) to be true, found false; this program has no other")
        }
        return true
    }

    /// Refuses words that transformers cuts out of a text before it normalises it, other than the special pieces.
    private static func checkWordsCutOut(
        _ tokenizer: JSONObjectFile?, _ configuration: JSONObjectFile?, specialTokens: JSONObjectFile?,
        added: JSONObjectFile?
    ) throws(Failure) {
        /// Texts, or objects with the text as their content.
        func words(_ value: Any?) -> [String] {
            switch value {
            case let word as String: [word]
            case let list as [Any]: list.flatMap(words)
            case let object as [String: Any]:
                (object["content"] as? String).map { [$0] } ?? object.values.flatMap(words)
            default: []
            }
        }
        let inConfiguration = ["additional_special_tokens", "extra_special_tokens", "added_tokens_decoder"]
        for (file, found) in [
            (tokenizer, words(tokenizer?.members["added_tokens"])),
            (configuration, inConfiguration.flatMap { words(configuration?.members[$0]) }),
            (specialTokens, words(specialTokens?.members)), (added, added.map { Array($0.members.keys) } ?? []),
        ] {
            if let file, let foreign = found.sorted().first(where: { !Vocabulary.specialPieces.contains($0) }) {
                throw .badData(
                    "\(file.path): “\(foreign)” is cut out of a text as one token; this program does so with "
                        + "\(Vocabulary.specialPieces.joined(separator: " ")) alone")
            }
        }
    }

    /// Refuses what would cut a text into other tokens than this program does.
    private static func rules(in file: JSONObjectFile) throws(Failure) -> TextRules {
        func part(_ name: String, _ type: String) throws(Failure) -> [String: Any] {
            let part = file.members[name] as? [String: Any] ?? [:]
            guard part["type"] as? String == type else {
                throw .badData(
                    "\(file.path): expected a \(name) of type \(type), found \(part["type"] as? String ?? "none"); "
                        + "this program has no other")
            }
            return part
        }
        func flag(_ value: Any?) -> Bool? { (value as? NSNumber)?.boolValue }
        let normalizer = try part("normalizer", "BertNormalizer")
        _ = try part("pre_tokenizer", "BertPreTokenizer")
        guard flag(normalizer["clean_text"]) != false, flag(normalizer["handle_chinese_chars"]) != false else {
            throw .badData(
                "\(file.path): expected clean_text and handle_chinese_chars to be true; this program has no other normaliser"
            )
        }
        return TextRules(
            cased: flag(normalizer["lowercase"]) == false, stripAccents: flag(normalizer["strip_accents"]))
    }

    private static func vocabulary(in file: JSONObjectFile) throws(Failure) -> Vocabulary {
        guard (file.members["model"] as? [String: Any])?["type"] as? String == "WordPiece",
            let numbers = numbers(in: file)
        else {
            throw .badData("\(file.path): expected a model of type WordPiece with its vocab; name an ELECTRA model")
        }
        let ordered = numbers.sorted { $0.id < $1.id }
        guard ordered.enumerated().allSatisfy({ $0.offset == $0.element.id }) else {
            throw .badData("\(file.path): the ids of its vocab do not count from 0 without gaps; is it damaged?")
        }
        return try Vocabulary(pieces: ordered.map(\.piece), name: file.path, remedy: remedy)
    }

    /// The members of vocab in model: of the bytes, for a dictionary would take two spellings of a letter for one.
    private static func numbers(in file: JSONObjectFile) -> [(piece: String, id: Int)]? {
        file.bytes.withUnsafeBufferPointer { bytes in
            var numbers: [(piece: String, id: Int)] = []
            var scanner = JSONScanner(bytes, .lenient)
            do throws(JSONScanner.Problem) {
                try scanner.member("model") { (model) throws(JSONScanner.Problem) in
                    try model.member("vocab") { (vocab) throws(JSONScanner.Problem) in
                        try vocab.object { (scanner, piece) throws(JSONScanner.Problem) in
                            numbers.append((String(decoding: piece, as: UTF8.self), try scanner.count()))
                        }
                    }
                }
            } catch {
                return nil
            }
            return numbers
        }
    }
}
