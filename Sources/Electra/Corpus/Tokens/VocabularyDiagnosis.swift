import ElectraSupport

/// What lines that are no WordPiece vocabulary look like, and what to do with them.
struct VocabularyDiagnosis {
    /// To follow "it looks like".
    let name: String
    let remedy: String

    private static let learn = "electra-dist vocabulary learns WordPieces from text, as prepare does without --vocab"

    private init(_ name: String, _ remedy: String = learn) {
        self.name = name
        self.remedy = remedy
    }

    /// nil where there is nothing to see but ordinary pieces.
    init?(_ pieces: [String]) {
        let lines = pieces.filter { !$0.isEmpty }
        guard let first = lines.first else {
            self.init("an empty file")
            return
        }
        func share(_ isOne: (String) -> Bool) -> Double { Double(lines.count(where: isOne)) / Double(lines.count) }
        let missing = Vocabulary.specialPieces.filter { !lines.contains($0) }
        if first.hasPrefix("{") || first.hasPrefix("[{") || first == "[" {
            self.init("JSON", "name it tokenizer.json if it is one; \(Self.learn)")
        } else if first.hasPrefix("#version") {
            self.init("the merges of a byte-pair tokenizer (merges.txt), and ELECTRA takes WordPieces")
        } else if let table = Self.table(lines) {
            self = table
        } else if share({ $0.hasPrefix("\u{2581}") }) > 0.1 {
            self.init("pieces of SentencePiece (\u{2581}), and ELECTRA takes WordPieces")
        } else if share({ $0.hasPrefix("\u{120}") }) > 0.1 {
            self.init(
                "pieces of a byte-level tokenizer (\u{120}), as GPT-2 and RoBERTa have, and ELECTRA takes WordPieces")
        } else if share({ $0.split(separator: " ").count > 2 }) > 0.3 {
            self.init("text, not a vocabulary", "name it with --corpus; \(Self.learn)")
        } else if missing.count < Vocabulary.specialPieces.count {
            self.init(
                "a WordPiece vocabulary without \(missing.joined(separator: " "))",
                "ELECTRA needs them: add each as a line of its own at the end, where no number changes")
        } else if let other = ["<pad>", "<unk>", "<s>", "<mask>", "[pad]", "[unk]"].first(where: lines.contains) {
            self.init(
                "a vocabulary with other special pieces (\(other)), and ELECTRA needs [PAD] [UNK] [CLS] [SEP] [MASK]")
        } else {
            return nil
        }
    }

    /// Pieces in one column of several.
    private static func table(_ lines: [String]) -> VocabularyDiagnosis? {
        for (separator, name, option) in [("\t", "tabs", ""), (" ", "spaces", " -d' '"), (",", "commas", " -d,")] {
            let rows = lines.map { $0.split(separator: Character(separator), omittingEmptySubsequences: false) }
            let width = rows[0].count
            guard width > 1, width < 10, rows.count(where: { $0.count == width }) > rows.count * 9 / 10,
                rows.count(where: { $0.contains { Double($0) != nil } }) > rows.count / 2
            else { continue }
            let columns = (0..<width).map { column in
                rows.compactMap { column < $0.count ? String($0[column]) : nil }
            }
            if let column = columns.firstIndex(where: { Set(Vocabulary.specialPieces).isSubset(of: $0) }) {
                return VocabularyDiagnosis(
                    "a table with \(name) between its columns",
                    "keep the pieces: cut -f\(column + 1)\(option) FILE > vocab.txt")
            }
            let isSentencePiece = columns[0].contains { $0 == "<unk>" || $0.hasPrefix("\u{2581}") }
            return isSentencePiece
                ? VocabularyDiagnosis("SentencePiece's table of pieces and scores, and ELECTRA takes WordPieces")
                : VocabularyDiagnosis(
                    "a table with \(name) between its columns, none of which has [PAD] [UNK] [CLS] [SEP] [MASK]")
        }
        return nil
    }
}
