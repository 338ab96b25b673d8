import Collectives
import ElectraSupport
import Foundation
import Testing

@testable import ElectraFineTuning
@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraTraining

/// Each head on an encoder, against Hugging Face transformers in float64 (Tests/Fixtures/README.md); bounds are those that
/// float32 keeps to on these sizes.
@Suite struct GoldenHeadTests {
    @Test func classification() throws {
        let test = try GoldenHead("golden-classification") {
            SequenceClassificationHead(labels: $0.labels, learnsValues: false)
        }
        try test.checkEverything(outputs: ["output.logits"])
        try test.checkUpdates(.reference, after: "optimizer.reference_after")
    }

    @Test func regression() throws {
        let test = try GoldenHead("golden-regression") {
            SequenceClassificationHead(labels: $0.labels, learnsValues: true)
        }
        try test.checkEverything(outputs: ["output.logits"])
    }

    @Test func tagging() throws {
        let test = try GoldenHead("golden-tagging") { TokenClassificationHead(labels: $0.labels) }
        try test.checkEverything(outputs: ["output.logits"])
    }

    @Test func answers() throws {
        let test = try GoldenHead("golden-answers") { _ in QuestionAnsweringHead() }
        try test.checkEverything(outputs: ["output.start_logits", "output.end_logits"])
    }
}

/// A case folder: a Hugging Face folder, a batch, and what comes out of it.
private final class GoldenHead<Head: FineTuningHead> {
    private let golden: SafetensorsFile
    private let folder: HuggingFaceFolder
    private let task: FineTuningTask<Head>
    private let batch: LabelledBatch
    private let workspace: FineTuningTask<Head>.Workspace
    private let context: StepContext
    private let length: Int
    private let arena = Arena()

    init(_ name: String, head: (TaskHeadDescription) -> Head) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/\(name)").standardized.path
        golden = try SafetensorsFile(path: "\(path)/golden.safetensors")
        folder = try HuggingFaceFolder(path)
        let configuration = folder.configuration
        let head = head(try #require(configuration.head))
        #expect(configuration.head == head.description)
        let shape = try golden.tensor("input.ids").shape
        length = shape[1]
        task = FineTuningTask(
            tower: Tower(
                "discriminator", configuration.sizes,
                EmbeddingRows(vocabulary: configuration.vocabulary, positions: configuration.maximumPositions)),
            head: head, maximumLength: length, dropout: DropoutRates(hidden: 0, attention: 0), headDropout: 0)
        batch = task.makeBatch(sequences: shape[0], arena: arena)
        workspace = task.makeWorkspace(sequences: shape[0], arena: arena)
        let ids = try golden.integers("input.ids")
        let types = try golden.integers("input.token_type_ids")
        let mask = try golden.integers("input.attention_mask")
        for sequence in 0..<shape[0] {
            let start = sequence * length
            let count = mask[start..<start + length].reduce(0, +)
            var example = EncodedExample(
                ids: ids[start..<start + count].map { Int32($0) },
                firstSegmentLength: types[start..<start + count].count { $0 == 0 }, rows: [], targets: [])
            try Self.label(&example, golden, sequence: sequence, length: length, head.description)
            batch.append(example, key: sequence)
        }
        context = StepContext(seed: 0, step: 0, isTraining: true, denominators: task.denominators(of: batch))
    }

    private static func label(
        _ example: inout EncodedExample, _ golden: SafetensorsFile, sequence: Int, length: Int,
        _ description: TaskHeadDescription
    ) throws {
        switch (description.kind, description.problem) {
        case (.sequenceClassification, .regression):
            (example.rows, example.targets) = ([0], [Float(try golden.doubles("input.labels")[sequence])])
        case (.sequenceClassification, _):
            (example.rows, example.targets) = ([0], [Float(try golden.integers("input.labels")[sequence])])
        case (.tokenClassification, _):
            let labels = try golden.integers("input.labels")[sequence * length..<(sequence + 1) * length]
            for (row, label) in labels.enumerated() where label >= 0 {
                example.rows.append(Int32(row))
                example.targets.append(Float(label))
            }
        case (.questionAnswering, _):
            example.targets = try ["start", "end"].map {
                Float(try golden.integers("input.\($0)_positions")[sequence])
            }
        }
    }

    /// As the folder has them.
    private func parameters() throws -> ParameterStore<FineTuningTask<Head>.Parameters> {
        let parameters = ParameterStore(cut: task.parameters)
        let lacking = try folder.load(parameters.layout, prefix: "discriminator", into: parameters.buffer) { _ in
            false
        }
        #expect(lacking.isEmpty)
        let names = parameters.layout.specifications.map { String($0.name.dropFirst("discriminator.".count)) }
        #expect(Set(names) == Set(folder.weights.names))
        return parameters
    }

    /// Outputs, loss, every gradient, and five updates.
    func checkEverything(outputs: [String]) throws {
        let parameters = try parameters()
        task.computeOutputs(parameters.windows, workspace, batch, context)
        try checkOutputs(outputs)
        let (loss, gradients) = lossAndGradients(parameters)
        expectClose(loss, try golden.doubles("output.loss")[0], 1e-5)
        let norm = try golden.doubles("output.gradient_norm")[0]
        for specification in parameters.layout.specifications {
            let name = String(specification.name.dropFirst("discriminator.".count))
            let expected = try golden.doubles("gradient.\(name)", shape: specification.shape)
            let found = gradients.buffer.base + specification.offset
            if isWithoutEffect(expected, norm) {
                for index in expected.indices { #expect(abs(Double(found[index])) < 1e-6 * norm) }
            } else {
                #expect(distance(found, expected) < 1e-4, "\(name)")
            }
        }
        try checkUpdates(.fixed, after: "optimizer.after")
    }

    /// What adds the same to everything that a softmax compares has no gradient: a key's bias, and of answers the bias of the
    /// head and that of the last norm. What float64 and float32 leave of it is rounding.
    private func isWithoutEffect(_ gradient: [Double], _ norm: Double) -> Bool {
        gradient.reduce(0) { $0 + $1 * $1 }.squareRoot() < 1e-12 * norm
    }

    /// Those at the rows that the head looks at, in the order of the sequences.
    private func checkOutputs(_ names: [String]) throws {
        var places = [Int](repeating: 0, count: names.count)
        for sequence in 0..<batch.sequences.sequenceCount {
            let found = task.head.outputs(workspace.head, ofSequence: sequence, batch)
            let isByToken = task.head.description.kind != .sequenceClassification
            for (part, name) in names.enumerated() {
                let tensor = try golden.tensor(name)
                let values = try golden.doubles(name)
                let width = tensor.shape.count == 3 ? tensor.shape[2] : isByToken ? 1 : tensor.shape[1]
                let rows = rows(ofSequence: sequence)
                #expect(found.count == rows.count * width * names.count)
                for (number, row) in rows.enumerated() {
                    for column in 0..<width {
                        let expected = values[(isByToken ? sequence * length + row : sequence) * width + column]
                        let place = number * width * names.count + column * names.count + part
                        #expect(abs(Double(found[place]) - expected) < 1e-4)
                        places[part] += 1
                    }
                }
            }
        }
        #expect(places.allSatisfy { $0 > 0 })
    }

    private func rows(ofSequence sequence: Int) -> [Int] {
        let first = batch.sequences.start(of: sequence)
        if task.head.description.kind == .questionAnswering { return Array(0..<batch.sequences.length(of: sequence)) }
        return batch.rows.range(ofSequence: sequence).map { Int(batch.rows.rows[$0]) - first }
    }

    private func lossAndGradients(
        _ parameters: ParameterStore<FineTuningTask<Head>.Parameters>
    ) -> (loss: Double, gradients: GradientStore<FineTuningTask<Head>.Parameters>) {
        let sums = task.makeSums(arena: arena)
        let gradients = GradientStore(layout: parameters.layout, cut: task.parameters)
        gradients.beginSlice()
        task.forward(parameters.windows, workspace, batch, context, adding: sums)
        task.backward(parameters.windows, adding: gradients.windows, workspace, batch)
        gradients.endSlice()
        return (sums.losses[0] / Double(context.denominators[0]), gradients)
    }

    /// With rates that fall from layer to layer.
    func checkUpdates(_ form: LayerDecay.Form, after: String) throws {
        let parameters = try parameters()
        let layout = parameters.layout
        var decay = LayerDecay()
        decay.form = form
        let layers = task.tower.sizes.layers
        let groups = layout.groups { decay.scale(ofParameter: $0, layers: layers) }
        let optimizer = AdamOptions().makeOptimizer(groups, owning: .all(of: layout.count))
        let schedule = LearningRateSchedule(peak: 1e-3, warmup: 2, steps: 10)
        let norm = GradientNorm(blocks: FlatBlocks(count: layout.count))
        let history = try golden.doubles("optimizer.history")
        for step in 0..<5 {
            let (loss, gradients) = lossAndGradients(parameters)
            norm.sum(0..<norm.blocks.blocks, of: gradients)
            let gradientNorm = try norm.total(over: .alone)
            let rate = schedule.rate(at: step)
            if form == .fixed {
                expectClose(loss, history[4 * step], 1e-5)
                expectClose(gradientNorm, history[4 * step + 1], 1e-5)
            }
            expectClose(rate, history[4 * step + 2], 1e-9)
            optimizer.update(
                0..<layout.count, pass: 0,
                ParameterUpdate(
                    parameters: parameters.buffer, gradient: gradients.buffer.base, step: step, learningRate: rate,
                    gradientScale: Float(1 / max(gradientNorm, 1))))
        }
        for specification in layout.specifications {
            let name = String(specification.name.dropFirst("discriminator.".count))
            let expected = try golden.doubles("\(after).\(name)", shape: specification.shape)
            // Adam makes steps of rounding, too, where there is nothing else.
            let gradient = try golden.doubles("gradient.\(name)", shape: specification.shape)
            let bound = isWithoutEffect(gradient, try golden.doubles("output.gradient_norm")[0]) ? 1e-4 : 1e-5
            #expect(distance(parameters.buffer.base + specification.offset, expected) < bound, "\(name)")
        }
    }

    private func distance(_ found: UnsafePointer<Float>, _ expected: [Double]) -> Double {
        let pairs = expected.indices.map { (Double(found[$0]), expected[$0]) }
        let difference = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (difference / max(expected.reduce(0) { $0 + $1 * $1 }, 1e-300)).squareRoot()
    }

    private func expectClose(_ found: Double, _ expected: Double, _ bound: Double) {
        #expect(abs(found - expected) <= bound * abs(expected), "found \(found), expected \(expected)")
    }
}
