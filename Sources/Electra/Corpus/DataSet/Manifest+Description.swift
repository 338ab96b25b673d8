import ElectraSupport
import Foundation

/// A data set as people tell it from others: by its text, and not by its fingerprint.
extension Manifest {
    /// "wiki.txt and 3 more; 1500 documents, 220345 tokens to train on".
    package var inWords: String { "\(sourceNames); \(sizeInWords)" }

    /// The names of the first files that it was made from, without folders.
    package var sourceNames: String {
        let names = sources.prefix(5).map { ($0.name as NSString).lastPathComponent }
        let more = sources.count - names.count
        return names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    package var sizeInWords: String { "\(counted(documents, "document")), \(train.tokens) tokens to train on" }

    /// In what it is another than `other`, where the words above need not tell.
    package func difference(from other: Manifest) -> String? {
        if vocabularyChecksum != other.vocabularyChecksum { return "with another vocabulary" }
        if rules.name != other.rules.name { return "\(rules.name), not \(other.rules.name)" }
        if maxLength != other.maxLength { return "in sequences of up to \(maxLength) tokens, not \(other.maxLength)" }
        if heldOutFraction != other.heldOutFraction {
            return "of which \(heldOutFraction) held out, not \(other.heldOutFraction)"
        }
        return nil
    }
}
