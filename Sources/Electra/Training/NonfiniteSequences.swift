import CKernels
import Collectives

/// What a run does with a step whose loss or gradient is no number.
enum NonfinitePolicy: String {
    case stop, skip
}

extension PretrainingStep {
    /// After a step that was `Diverged`: the numbers of the sequences that have no finite loss or gradient even when they are
    /// computed alone, in the order of the batch. All ranks call it together, and all get the same. Takes about as long as a
    /// step on one thread.
    func sequencesThatAreNotFinite() throws -> [Int] {
        let arena = Arena(networks.precision)
        let batch = MicroBatch(
            maximumSequences: 1, maximumLength: sequences.maximumLength,
            maximumMaskedPerSequence: masking.maximumPerSequence, arena: arena)
        let activations = JointPass.Activations(
            networks.model, tokens: batch.maximumTokens, masked: batch.maximumMasked,
            maximumLength: sequences.maximumLength, arena: arena)
        let scratch = arena.array(of: Int32.self, count: Masking.scratchCount(maximumLength: sequences.maximumLength))
        let ignored = arena.array(of: Int64.self, count: MetricCounts.size)
        let gradients = GradientStore(networks.model, layout: layout)

        var mine: [String] = []
        for place in plan.laneSlices.flatMap({ $0 }).flatMap(plan.sequences(ofSlice:)) {
            let number = order.sequenceIndex(at: step * plan.batch + place)
            batch.reset()
            // It was read for the step already.
            try batch.append(key: place) { (ids) throws(Failure) in try sequences.read(number, into: ids) }
            masking.mask(lastOf: batch, seed: configuration.seed, step: step, scratch: scratch)
            let pass = JointPass(
                networks: networks, parameters: parameters.windows, activations: activations, batch: batch,
                dropout: dropout, counts: counts)
            var sums = ObjectiveSums(counts: ignored)
            gradients.beginSlice()
            pass.forward(adding: &sums)
            pass.backward(adding: gradients.windows)
            gradients.endSlice()
            let isFinite =
                sums.maskedLoss.isFinite && sums.replacedLoss.isFinite
                && ck_count_not_finite(gradients.buffer.base, layout.count) == 0
            if !isFinite { mine.append("\(number)") }
        }
        return try communicator.allGather(mine.joined(separator: " ")).flatMap { $0.split(separator: " ") }
            .compactMap { Int($0) }
    }
}

/// RUN/not-finite.jsonl: a line for each such sequence, with its text.
struct NonfiniteLog {
    let path: String
    let data: DataSet

    /// How many of a step are written down.
    private static let most = 16

    func append(_ numbers: [Int], step: Int, what: String) throws(Failure) {
        for number in numbers.prefix(Self.most) {
            let line = JSON.object([
                ("step", .integer(step)), ("what", .text(what)), ("sequence", .integer(number)),
                ("text", .text(try text(of: number))),
            ])
            try FileAccess.append(line: line.compact + "\n", to: path)
        }
    }

    /// "of all 8 sequences of the batch: the weights, not the text, are at fault", or of which, and where they are shown.
    func words(_ numbers: [Int], batch: Int) throws(Failure) -> String {
        guard let first = numbers.first else { return "only of the batch as a whole" }
        if numbers.count == batch { return "of all \(batch) sequences: it comes from the weights, not from some text" }
        let text = try text(of: first)
        let start = text.count > 80 ? text.prefix(80) + "..." : text
        return "of \(numbers.count) of \(batch) sequences, number \(first): \"\(start)\" (all in \(path))"
    }

    private func text(of number: Int) throws(Failure) -> String {
        data.vocabulary.text(of: try data.train.sequence(number).ids)
    }
}
