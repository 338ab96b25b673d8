import ElectraKernels
import ElectraSupport

/// What the tensors of a model are called, told from the names themselves: other programs put the name of what holds the
/// network in front (`module.`, `backbone.`, `discriminator.`), and old ones wrote gamma and beta.
struct TensorNames: Sendable {
    /// In front of `embeddings.` and `encoder.`: usually `electra.`; nothing for a bare encoder.
    let encoder: String
    /// In front of the head's names: usually nothing.
    let head: String
    /// The network whose head is there; nil for none, or both.
    let network: Network?
    /// Whether the names say that it is an ELECTRA network: others have an encoder of the same parts.
    let sayElectra: Bool

    private static let wordTable = "embeddings.word_embeddings.weight"

    /// `folder` is what an error calls the model; of a pair in one file, `wanted` decides.
    init(_ names: [String], wanted: Network, folder: String) throws(Failure) {
        func prefixes(of end: String) -> [String] {
            names.filter { $0.hasSuffix(end) }.map { String($0.dropLast(end.count)) }
                .filter { $0.isEmpty || $0.hasSuffix(".") }.sorted()
        }
        func parts(_ prefix: String) -> [Substring] { prefix.split(separator: ".") }
        let heads = Network.allCases.filter { !prefixes(of: $0.headName).isEmpty }
        let encoders = prefixes(of: Self.wordTable)
        let ofNetwork = encoders.filter { parts($0).contains { $0 == wanted.rawValue } }
        let candidates = encoders.count > 1 && !ofNetwork.isEmpty ? ofNetwork : encoders
        guard let encoder = candidates.first else {
            throw .badData(
                "\(folder): expected the tensors of an ELECTRA network, found \(Self.examples(names)); "
                    + "is it another kind of model?")
        }
        guard candidates.count == 1 else {
            throw .badData(
                "\(folder): has \(candidates.count) encoders (\(candidates.map { "\($0)embeddings" }.joined(separator: ", "))), "
                    + "and which is meant nothing tells; save the one alone with save_pretrained")
        }
        if let other = parts(encoder).last, other.lowercased().contains("bert") {
            throw .badData(
                "\(folder): expected the tensors of an ELECTRA network, found \(encoder)\(Self.wordTable), of another "
                    + "kind of model; name an ELECTRA model")
        }
        self.encoder = encoder
        let holder = encoder.hasSuffix("electra.") ? String(encoder.dropLast("electra.".count)) : ""
        let ownHeads = heads.flatMap { prefixes(of: $0.headName) }
        head = ownHeads.contains(holder) ? holder : Set(ownHeads).count == 1 ? ownHeads[0] : holder
        network =
            heads.count == 1
            ? heads[0]
            : heads.isEmpty ? Network.allCases.first { parts(encoder).contains(Substring($0.rawValue)) } : nil
        sayElectra = !heads.isEmpty || parts(encoder).last == "electra"
    }

    /// What a tensor, named as transformers does, may be called here.
    func stored(_ name: String) -> [String] {
        let here =
            name.hasPrefix("electra.") ? encoder + name.dropFirst("electra.".count) : head + name
        for (new, old) in [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]
        where here.hasSuffix(new) {
            return [here, here.dropLast(new.count) + old]
        }
        return [here]
    }

    private static func examples(_ names: [String]) -> String {
        let first = names.sorted().prefix(2).joined(separator: ", ")
        return names.isEmpty ? "none" : "\(names.count), such as \(first)"
    }
}

extension Network {
    /// A tensor that every head of this network has.
    fileprivate var headName: String { "\(rawValue)_predictions.dense.weight" }
}
