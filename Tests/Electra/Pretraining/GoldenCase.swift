import CKernels
import Foundation
import TestSupport

@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraTraining

/// A case computed by Hugging Face transformers in float64 (Tests/Fixtures/README.md): the two networks' folders, a
/// batch, and everything that comes out of it.
struct GoldenCase {
    let golden: SafetensorsFile
    let objective: ElectraObjective
    let parameters: ParameterStore<ElectraObjective.Parameters>
    let workspace: ElectraObjective.Workspace
    let batch: MaskedBatch
    /// No dropout.
    let context: StepContext
    private let arena: Arena
    private let sampledIds: [Int32]

    init(folder: String, _ precision: ProductPrecision = .f32) throws {
        golden = try SafetensorsFile(path: "\(folder)/golden.safetensors")
        let discriminator = try Self.configuration(folder, "discriminator")
        let generator = try Self.configuration(folder, "generator")
        let shape = try golden.tensor("input.ids").shape
        let rows = EmbeddingRows(
            vocabulary: discriminator.vocab_size, positions: discriminator.max_position_embeddings,
            types: discriminator.type_vocab_size)
        objective = ElectraObjective(
            GeneratorPair(
                generator: MaskedLanguageModel(tower: Tower("generator", generator.sizes, rows)),
                main: Tower("discriminator", discriminator.sizes, rows), sharing: .shared),
            dropout: DropoutRates(hidden: 0, attention: 0), options: ObjectiveOptions(),
            // Any position may be masked.
            masking: Masking(
                MaskingOptions(probability: 1), maximumLength: shape[1], vocabularySize: 61, cls: 0, sep: 0, mask: 0))
        parameters = ParameterStore(precision: precision, cut: objective.parameters)
        let layout = parameters.layout
        for name in ["discriminator", "generator"] {
            let file = try SafetensorsFile(path: "\(folder)/\(name)/model.safetensors")
            for specification in layout.specifications where specification.name.hasPrefix("\(name).") {
                let values = try file.floats(
                    String(specification.name.dropFirst(name.count + 1)), shape: specification.shape)
                for (index, value) in values.enumerated() {
                    parameters.buffer.base[specification.offset + index] = value
                }
            }
        }

        parameters.round(0..<layout.count)

        let (ids, types, mask) = (
            try golden.integers("input.ids"), try golden.integers("input.token_type_ids"),
            try golden.integers("input.attention_mask")
        )
        let masked = try golden.integers("input.masked_ids")
        let positions = try golden.integers("input.masked_positions")
        let sampled = try golden.integers("input.sampled_ids")
        arena = Arena(precision)
        batch = objective.makeBatch(sequences: shape[0], arena: arena)
        for sequence in 0..<shape[0] {
            let start = sequence * shape[1]
            let length = mask[start..<start + shape[1]].reduce(0, +)
            batch.append(key: sequence) { target in
                for place in 0..<length { target[place] = Int32(ids[start + place]) }
                return (length, types[start..<start + length].filter { $0 == 0 }.count)
            }
        }
        var sampledIds: [Int32] = []
        for pair in stride(from: 0, to: positions.count, by: 2) {
            let (sequence, place) = (positions[pair], positions[pair + 1])
            batch.choose(
                row: batch.sequences.start(of: sequence) + place, shown: Int32(masked[sequence * shape[1] + place]),
                uniform: 0.5)
            sampledIds.append(Int32(sampled[sequence * shape[1] + place]))
        }
        self.sampledIds = sampledIds
        workspace = objective.makeWorkspace(sequences: shape[0], arena: arena)
        context = StepContext(
            seed: 0, step: 0, isTraining: false, denominators: objective.denominators(of: batch))
    }

    /// Forward with the golden samples in the place of our own. Returns the mean losses.
    func forward() -> (masked: Double, replaced: Double, total: Double) {
        let sums = objective.makeSums(arena: arena)
        objective.replaceMaskedTokens(parameters.windows, workspace, batch, context, adding: sums)
        putGoldenSamples()
        objective.detectReplacedTokens(parameters.windows, workspace, batch, context, adding: sums)
        let masked = sums.losses[0] / Double(context.denominators[0])
        let replaced = sums.losses[1] / Double(context.denominators[1])
        return (masked, replaced, masked + 50 * replaced)
    }

    /// After `forward`: the gradient of the total.
    func gradients() -> GradientStore<ElectraObjective.Parameters> {
        let gradients = GradientStore(layout: parameters.layout, cut: objective.parameters)
        gradients.beginSlice()
        objective.backward(parameters.windows, adding: gradients.windows, workspace, batch)
        gradients.endSlice()
        return gradients
    }

    func putGoldenSamples() {
        for (index, id) in sampledIds.enumerated() { batch.replace(masked: index, with: id) }
    }

    /// A golden tensor over [sequences, longest, ...], at the real tokens only: ours has no padding.
    func unpadded(_ name: String) throws -> [Double] {
        let tensor = try golden.tensor(name)
        let values = try golden.doubles(name)
        let longest = tensor.shape[1]
        let width = tensor.shape.dropFirst(2).reduce(1, *)
        return (0..<batch.sequences.sequenceCount).flatMap { sequence in
            let start = sequence * longest * width
            return values[start..<start + batch.sequences.length(of: sequence) * width]
        }
    }

    private struct Configuration: Decodable {
        let vocab_size, max_position_embeddings, type_vocab_size: Int
        let embedding_size, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size: Int

        var sizes: EncoderSizes {
            EncoderSizes(
                embedding: embedding_size, hidden: hidden_size, layers: num_hidden_layers, heads: num_attention_heads,
                feedForward: intermediate_size)
        }
    }

    private static func configuration(_ folder: String, _ network: String) throws -> Configuration {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/\(network)/config.json"))
        return try JSONDecoder().decode(Configuration.self, from: data)
    }
}

/// The length of the difference relative to the length of what is expected.
func relativeDistance(_ found: UnsafePointer<Float>, _ expected: [Double]) -> Double {
    var difference = 0.0
    var length = 0.0
    for (index, value) in expected.enumerated() {
        difference += (Double(found[index]) - value) * (Double(found[index]) - value)
        length += value * value
    }
    return (difference / max(length, 1e-300)).squareRoot()
}

func largestDifference(_ found: UnsafePointer<Float>, _ expected: [Double]) -> Double {
    expected.enumerated().reduce(0) { max($0, abs(Double(found[$1.offset]) - $1.element)) }
}
