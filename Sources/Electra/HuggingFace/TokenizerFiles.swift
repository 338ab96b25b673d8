package import ElectraCorpus
package import ElectraSupport
import Foundation

/// The files from which Hugging Face makes the tokenizer that a network was trained with (docs/algorithm.md 12).
package struct TokenizerFiles: Sendable, Equatable {
    static let vocabularyName = Manifest.vocabularyFileName
    static let tokenizerName = "tokenizer.json"
    static let configurationName = "tokenizer_config.json"
    static let specialTokensName = "special_tokens_map.json"
    package static let names = [vocabularyName, tokenizerName, configurationName, specialTokensName]

    package var vocabulary: Vocabulary
    package var rules: TextRules
    /// Longest sequence with [CLS] and [SEP]; nil where nothing is known of it.
    package var maximumLength: Int?

    package init(vocabulary: Vocabulary, rules: TextRules, maximumLength: Int? = nil) {
        self.vocabulary = vocabulary
        self.rules = rules
        self.maximumLength = maximumLength
    }
}

extension TokenizerFiles {
    package func write(to folder: String) throws(Failure) {
        try vocabulary.write(to: "\(folder)/\(Self.vocabularyName)")
        for (name, json) in [
            (Self.tokenizerName, tokenizer), (Self.configurationName, configuration),
            (Self.specialTokensName, specialTokens),
        ] {
            try FileAccess.write(Array((json.pretty + "\n").utf8), to: "\(folder)/\(name)")
        }
    }

    /// What transformers takes out of a text before it cuts it: the special pieces, which it knows by nothing else, and
    /// the added words.
    private var takenOut: [AddedWord] {
        let ids = [
            vocabulary.padding, vocabulary.unknown, vocabulary.classifier, vocabulary.separator, vocabulary.mask,
        ]
        let specials = ids.map { AddedWord(text: vocabulary[$0], id: $0, isSpecial: true) }
        return (specials + vocabulary.addedWords).sorted { $0.id < $1.id }
    }

    /// The pieces with their ids. `tokenizers` numbers added words from the number of pieces on, whatever a file says: where
    /// ids without a piece are below, fillers take some, which no word can match for their space.
    private var numbered: [(piece: String, id: Int)] {
        let pieces = vocabulary.wordPieces
        var numbered = pieces.enumerated().filter { !$1.isEmpty }.map { (piece: $1, id: $0) }
        let known = Set(numbered.map { Array($0.piece.utf8) })
        let first = vocabulary.addedWords.filter { !known.contains(Array($0.text.utf8)) }.map { Int($0.id) }.min()
        if let first {
            let free = (0..<max(first, pieces.count)).filter { $0 >= pieces.count || pieces[$0].isEmpty }
            for id in free.prefix(max(0, first - numbered.count)) {
                numbered.append((piece: "[no piece \(id)]", id: id))
            }
        }
        return numbered
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
                takenOut.map { word in
                    [
                        "id": .integer(Int(word.id)), "content": .text(word.text),
                        "single_word": .flag(word.standsAlone), "lstrip": .flag(word.takesSpacesBefore),
                        "rstrip": .flag(word.takesSpacesAfter), "normalized": .flag(word.isNormalized),
                        "special": .flag(word.isSpecial),
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
                "vocab": .object(numbered.map { (key: $0.piece, value: .integer($0.id)) }),
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
