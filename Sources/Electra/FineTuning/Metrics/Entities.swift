/// A part of a sentence that its tags mark.
package struct Entity: Hashable, Sendable {
    package let type: String
    package let words: Range<Int>

    package init(type: String, words: Range<Int>) {
        self.type = type
        self.words = words
    }
}

/// The entities that the tags of a sentence mark, by the rules of conlleval (Tjong Kim Sang, CoNLL-2000, version of
/// 2004-01-26): where one begins and ends follows from each two tags side by side. So one rule reads IOB1, IOB2, IOE1,
/// IOE2, single brackets and BIOES, and has an answer for tags that fit no scheme, as "I-PER" after "O".
///
/// A tag is a prefix and, after the first dash, a type, which may have dashes of its own. Two tags of different types
/// are of different entities.
///
/// conlleval knows no S, and takes "E-X" and "B-X" side by side for one entity. Here S is an entity of one word, and
/// none goes on after E, as BIOES means them and as seqeval 1.2 has it. Of tags with a type and one of the prefixes B,
/// I, O, E and S the entities are those of seqeval's `get_entities`. On others it differs from conlleval, which is
/// followed here: seqeval takes the first letter of a tag for its prefix, whatever comes next, knows no brackets, and
/// calls an empty type "_".
package enum Entities {
    package static func found(in tags: [String]) -> [Entity] {
        let tags = tags.map(Tag.init)
        var entities: [Entity] = []
        var begin: Int?
        for position in 0...tags.count {
            let previous = position > 0 ? tags[position - 1] : .outside
            let tag = position < tags.count ? tags[position] : .outside
            let begins = tag.begins(after: previous)
            if let first = begin, begins || previous.ends(before: tag) || position == tags.count {
                entities.append(Entity(type: tags[first].type, words: first..<position))
                begin = nil
            }
            if begins { begin = position }
        }
        return entities
    }
}

/// "B-PER" in its parts.
struct Tag: Equatable {
    let prefix: String
    /// Empty where there is none.
    let type: String

    static let outside = Tag("O")

    init(_ tag: String) {
        // Scalar by scalar: an accent that follows it would make another character of the dash.
        let scalars = tag.unicodeScalars
        let dash = scalars.firstIndex(of: "-") ?? scalars.endIndex
        prefix = String(scalars[..<dash])
        type = String(scalars[dash...].dropFirst())
    }

    /// Whether an entity begins with this tag, and the one before it, if any, ends.
    func begins(after previous: Tag) -> Bool {
        switch prefix {
        case "B", "S": ["O", "B", "I", "E", "S"].contains(previous.prefix) || type != previous.type
        case "I", "E": ["O", "E", "S"].contains(previous.prefix) || type != previous.type
        default: isBracket || isInside && type != previous.type
        }
    }

    /// Whether an entity that this tag belongs to ends with it, though none begins with the next.
    func ends(before next: Tag) -> Bool {
        switch prefix {
        case "B", "S", "I", "E": next.prefix == "O" || type != next.type
        default: isBracket || isInside && type != next.type
        }
    }

    /// An entity of one word, whatever stands around it.
    private var isBracket: Bool { prefix == "[" || prefix == "]" }
    private var isInside: Bool { prefix != "O" && prefix != "." }
}
