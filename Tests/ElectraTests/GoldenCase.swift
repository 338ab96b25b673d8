import CKernels
import Foundation

@testable import Electra

/// A case computed by Hugging Face transformers in float64 (Tests/Fixtures/README.md): the two networks' folders, a
/// batch, and everything that comes out of it.
struct GoldenCase {
    let golden: SafetensorsFile
    let networks: Networks
    let layout: ParameterLayout
    let parameters: ParameterStore
    let activations: JointPass.Activations
    let batch: MicroBatch
    private let arena: Arena
    private let sampledIds: [Int32]

    /// The project's own cases, or those in the folder that ELECTRA_GOLDEN names.
    static var folders: [String] {
        ProcessInfo.processInfo.environment["ELECTRA_GOLDEN"].map(folders(in:)) ?? ownFolders
    }

    static var ownFolders: [String] {
        folders(in: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").path)
    }

    private static func folders(in root: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().map { "\(root)/\($0)" }.filter {
            FileManager.default.fileExists(atPath: "\($0)/golden.safetensors")
        }
    }

    init(folder: String, _ precision: ProductPrecision = .f32) throws {
        golden = try SafetensorsFile(path: "\(folder)/golden.safetensors")
        let discriminator = try Self.configuration(folder, "discriminator")
        let generator = try Self.configuration(folder, "generator")
        let model = ModelConfiguration(
            vocabulary: discriminator.vocab_size, maximumPositions: discriminator.max_position_embeddings,
            types: discriminator.type_vocab_size, discriminator: discriminator.sizes, generator: generator.sizes)
        networks = Networks(
            model, options: ObjectiveOptions(), hiddenDropout: 0, attentionDropout: 0, precision: precision)
        layout = ParameterLayout(model)
        parameters = ParameterStore(model, layout: layout, precision: precision)
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

        let shape = try golden.tensor("input.ids").shape
        let (ids, types, mask) = (
            try golden.integers("input.ids"), try golden.integers("input.token_type_ids"),
            try golden.integers("input.attention_mask")
        )
        let masked = try golden.integers("input.masked_ids")
        let positions = try golden.integers("input.masked_positions")
        let sampled = try golden.integers("input.sampled_ids")
        arena = Arena(precision)
        batch = MicroBatch(
            maximumSequences: shape[0], maximumLength: shape[1], maximumMaskedPerSequence: shape[1], arena: arena)
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
                row: batch.start(of: sequence) + place, shown: Int32(masked[sequence * shape[1] + place]),
                uniform: 0.5)
            sampledIds.append(Int32(sampled[sequence * shape[1] + place]))
        }
        self.sampledIds = sampledIds
        activations = JointPass.Activations(
            model, tokens: batch.maximumTokens, masked: batch.maximumMasked, maximumLength: shape[1], arena: arena)
    }

    func pass() -> JointPass {
        JointPass(
            networks: networks, parameters: parameters.windows, activations: activations, batch: batch,
            dropout: .off, counts: GlobalCounts(maskedTokens: batch.maskedCount, tokens: batch.tokenCount))
    }

    /// Forward with the golden samples in the place of our own. Returns the mean losses.
    func forward(_ pass: JointPass) -> StepLoss {
        var sums = ObjectiveSums(counts: arena.array(of: Int64.self, count: MetricCounts.size))
        pass.replaceMaskedTokens(adding: &sums)
        putGoldenSamples()
        pass.detectReplacedTokens(adding: &sums)
        return StepLoss(
            sums: (masked: sums.maskedLoss, replaced: sums.replacedLoss), counts: pass.counts,
            options: networks.options)
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
        return (0..<batch.sequenceCount).flatMap { sequence in
            let start = sequence * longest * width
            return values[start..<start + batch.length(of: sequence) * width]
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
