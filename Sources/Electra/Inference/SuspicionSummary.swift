import Foundation

/// How suspicious the tokens of some texts look, for when none is suspicious enough to be marked.
package struct SuspicionSummary: Sendable {
    private var lowest = Float.infinity
    private var highest = -Float.infinity
    private var count = 0

    package init() {}

    package init(_ detections: [Detection]) {
        for detection in detections {
            for token in detection.tokens { add(token.probability) }
        }
    }

    package init(probabilities: [Float]) { probabilities.forEach { add($0) } }

    private mutating func add(_ probability: Float) {
        lowest = min(lowest, probability)
        highest = max(highest, probability)
        count += 1
    }

    package mutating func add(_ other: SuspicionSummary) {
        lowest = min(lowest, other.lowest)
        highest = max(highest, other.highest)
        count += other.count
    }

    /// nil where something is marked, or there was nothing to look at.
    package func noteIfNothingIsMarked(threshold: Float) -> String? {
        guard count > 0, highest < threshold else { return nil }
        let found =
            "note: no token looks replaced with a probability of \(Self.short(threshold)) or more (--threshold); they are between "
            + "\(Self.short(lowest)) and \(Self.short(highest))"
        // A discriminator that tells words apart finds one many times as suspicious as another. Few words say nothing.
        return found
            + (count >= 8 && highest < 3 * lowest
                ? ", hardly one more than another: this discriminator is still on the plateau and knows only how many words are "
                    + "replaced; train it longer"
                : ": the text may be as it was; a lower --threshold marks what looks most suspicious")
    }

    private static func short(_ probability: Float) -> String { String(format: "%.2g", probability) }
}
