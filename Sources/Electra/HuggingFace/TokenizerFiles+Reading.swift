import ElectraCorpus
package import ElectraSupport

extension TokenizerFiles {
    /// From tokenizer.json, or from vocab.txt where older transformers save that alone.
    package init(folder: String) throws(Failure) {
        func object(_ name: String) throws(Failure) -> JSONObjectFile? {
            let path = "\(folder)/\(name)"
            return FileAccess.kind(of: path) == .file ? try JSONObjectFile(path: path, remedy: Self.remedy) : nil
        }
        let tokenizer = try object(Self.tokenizerName)
        let configuration = try object(Self.configurationName)
        let lines = "\(folder)/\(Self.vocabularyName)"
        let listed = FileAccess.kind(of: lines) == .file ? try Vocabulary(path: lines, remedy: Self.remedy) : nil
        let pieces: Vocabulary
        if let tokenizer {
            pieces = try Self.vocabulary(in: tokenizer)
            // Some programs would go by one, some by the other.
            if let listed, !listed.hasPieces(of: pieces) {
                throw .badData(
                    "\(lines): other pieces (\(listed.count)) than those of \(Self.tokenizerName) beside it (\(pieces.count)), so one "
                        + "is damaged or of another model; fetch both again, or remove the one that is wrong")
            }
        } else if let listed {
            pieces = listed
        } else {
            throw .badData(
                "\(folder): neither \(Self.vocabularyName) nor \(Self.tokenizerName) in it; "
                    + "save the tokenizer there, too (tokenizer.save_pretrained)")
        }
        vocabulary = try Self.vocabulary(
            pieces, tokenizer: tokenizer, configuration: configuration, specialTokens: object(Self.specialTokensName),
            added: object("added_tokens.json"), name: folder)
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

    /// From a tokenizer.json alone, with the rules that it says.
    package init(_ tokenizer: JSONObjectFile) throws(Failure) {
        let pieces = try Self.vocabulary(in: tokenizer)
        vocabulary = try Self.vocabulary(
            pieces, tokenizer: tokenizer, configuration: nil, specialTokens: nil, added: nil, name: tokenizer.path)
        rules = try Self.rules(in: tokenizer)
        maximumLength = nil
    }

    package static let remedy = "save the tokenizer again with transformers"

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

    /// Refuses what would cut a text into other tokens than this program does.
    private static func rules(in file: JSONObjectFile) throws(Failure) -> TextRules {
        func part(_ name: String, _ type: String) throws(Failure) -> JSON {
            let part = file.object[name] ?? .null
            let found = part["type"]?.text
            guard found == type else {
                throw .badData(
                    "\(file.path): expected a \(name) of type \(type), found \(found ?? "none"); "
                        + "this program has no other")
            }
            return part
        }
        let normalizer = try part("normalizer", "BertNormalizer")
        _ = try part("pre_tokenizer", "BertPreTokenizer")
        guard normalizer["clean_text"]?.flag != false, normalizer["handle_chinese_chars"]?.flag != false else {
            throw .badData(
                "\(file.path): expected clean_text and handle_chinese_chars to be true; this program has no other normaliser"
            )
        }
        return TextRules(
            cased: normalizer["lowercase"]?.flag == false, stripAccents: normalizer["strip_accents"]?.flag)
    }

    /// Ids that stand for no piece, as of a vocab.txt with blank or doubled lines, are left empty.
    private static func vocabulary(in file: JSONObjectFile) throws(Failure) -> Vocabulary {
        let learn = "electra-dist vocabulary learns WordPieces from text"
        guard let model = file.object["model"], case .object = model else {
            let members = file.object.members ?? []
            let isTable = !members.isEmpty && members.allSatisfy { $0.value.number != nil }
            let found = isTable ? "pieces and their numbers (vocab.json)" : "JSON of another kind"
            throw .badData("\(file.path): expected a tokenizer.json with a model, found \(found); \(learn)")
        }
        // Older files do not name the type.
        let type = model["type"]?.text ?? (model["continuing_subword_prefix"] == nil ? "none" : "WordPiece")
        guard type == "WordPiece" else {
            throw .badData(
                "\(file.path): expected a model of type WordPiece, found \(type), another way to cut words; \(learn)")
        }
        for (key, expected) in [("continuing_subword_prefix", "##"), ("unk_token", "[UNK]")] {
            let found = model[key]?.text ?? expected
            if found != expected {
                throw .badData(
                    "\(file.path): expected \(key) \(expected), found \(found); this program has no other")
            }
        }
        guard let numbers = numbers(in: file), numbers.allSatisfy({ $0.id < 1 << 24 }) else {
            throw .badData("\(file.path): the vocab of its model is no table of pieces and ids; is it damaged?")
        }
        var pieces = [String](repeating: "", count: (numbers.map(\.id).max() ?? -1) + 1)
        // No word has white space in it, and no line of vocab.txt could hold it.
        for (piece, id) in numbers where !piece.unicodeScalars.contains(where: \.properties.isWhitespace) {
            guard pieces[id].isEmpty else {
                throw .badData("\(file.path): “\(pieces[id])” and “\(piece)” have one id, \(id); is it damaged?")
            }
            pieces[id] = piece
        }
        return try Vocabulary(pieces: pieces, name: file.path, remedy: remedy)
    }

    /// The members of vocab in model, also those whose keys stand twice.
    package static func numbers(in file: JSONObjectFile) -> [(piece: String, id: Int)]? {
        guard case .object(let members)? = file.object["model"]?["vocab"] else { return nil }
        let numbers = members.compactMap { piece, id in id.integer.map { (piece: piece, id: $0) } }
        return numbers.count == members.count && numbers.allSatisfy { $0.id >= 0 } ? numbers : nil
    }
}
