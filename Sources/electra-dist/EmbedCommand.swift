public import ArgumentParser
import ElectraCorpus
public import ElectraInference
import ElectraSupport

extension TextEmbedder.Vectors: ExpressibleByArgument {}

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turns texts into vectors, with a trained encoder.",
        discussion: """
            Prints one JSON object a text, or writes the vectors as a NumPy array: --output FILE.npy. With --vectors \
            tokens the array has a row for each token of all texts, one after the other, [CLS] and [SEP] included, and \
            FILE.lengths.npy says how many rows each text has. A text longer than the model takes is cut.

              electra-dist embed --model model --vectors mean --output v.npy < texts.txt
            """)

    @OptionGroup var inference: InferenceOptions

    @Option(
        help:
            "What stands for a text: the vector at [CLS], the mean over all its tokens, [CLS] and [SEP] among them, or the vector of each of these."
    )
    var vectors = TextEmbedder.Vectors.cls

    @Option(
        help: ArgumentHelp("NumPy file to write, ending in .npy.", valueName: "file"),
        completion: .file(extensions: ["npy"]))
    var output: String?

    func validate() throws {
        if let output, !output.hasSuffix(".npy") {
            throw ValidationError(
                "--output \(output): a name ending in .npy is expected; without --output, JSON is printed")
        }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let network = try PretrainedNetwork(inference.model, network: nil)
            let vectors = vectors
            var cut = 0
            var unknown = UnknownTally()
            func embed(_ consume: ([TextEmbedding]) throws(Failure) -> Void) throws(Failure) {
                try inference.forEachBatch(
                    makeWorker: { TextEmbedder(network, vectors: vectors) },
                    work: { embedder, texts in embedder.embed(texts) },
                    consume: { (embeddings: [TextEmbedding]) throws(Failure) in
                        cut += embeddings.count { $0.isCut }
                        unknown += UnknownTally(embeddings.map(\.ids), network.vocabulary)
                        try consume(embeddings)
                    })
            }
            if let output {
                try write(to: output, width: network.hiddenSize, embed)
            } else {
                try embed { (embeddings) throws(Failure) in
                    try StandardOutput.printNow(
                        embeddings.map { object($0, network.vocabulary).compact }.joined(separator: "\n"))
                }
            }
            if cut > 0 {
                ProgressLine.note(
                    "note: \(counted(cut, "text")) cut at \(network.maximumLength) tokens, what the model takes")
            }
            if let note = unknown.note(UnknownTally.remedyForModels) { ProgressLine.note(note) }
        }
    }

    private func write(
        to output: String, width: Int, _ embed: (([TextEmbedding]) throws(Failure) -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        var array = try NumpyFile(output, .float32, columns: width)
        var lengths = vectors == .tokens ? try NumpyFile(output.dropLast(4) + ".lengths.npy", .int64) : nil
        try embed { (embeddings) throws(Failure) in
            for embedding in embeddings {
                let rows = embedding.values.count / width
                try array.append(embedding.values, rows: rows)
                try lengths?.append([Int64(rows)], rows: 1)
            }
        }
        try array.finish()
        try lengths.take()?.finish()
    }

    private func object(_ embedding: TextEmbedding, _ vocabulary: Vocabulary) -> JSON {
        let rows = stride(from: 0, to: embedding.values.count, by: embedding.width).map { start in
            JSON.list(embedding.values[start..<start + embedding.width].map { .float($0) })
        }
        guard vectors == .tokens else { return ["vector": rows[0]] }
        return ["tokens": .list(embedding.ids.map { .text(vocabulary[$0]) }), "vectors": .list(rows)]
    }
}
