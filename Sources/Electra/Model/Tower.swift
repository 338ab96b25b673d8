package import ElectraKernels

/// A network without its head: embeddings, a projection where their width differs from that of the layers, the layers.
/// Generator, discriminator and the networks of model folders are towers with heads.
///
/// T tokens of the micro-batch, E embedding width, H hidden.
package struct Tower: Sendable {
    /// Stands before the names of its parameters: "discriminator".
    package let name: String
    package let sizes: EncoderSizes
    package let rows: EmbeddingRows
    package let initializerRange: Float

    package init(_ name: String, _ sizes: EncoderSizes, _ rows: EmbeddingRows, initializerRange: Float = 0.02) {
        self.name = name
        self.sizes = sizes
        self.rows = rows
        self.initializerRange = initializerRange
    }

    final class Projection {
        var weight: Tensor
        var bias: Tensor
        let passage: Passage

        init(_ windows: inout ParameterWindows, of tower: Tower) {
            let start = windows.count
            // The reference gives this layer no initialiser, so it gets TensorFlow's default (docs/algorithm.md 2).
            weight = windows.matrix(
                "\(tower.name).electra.embeddings_project.weight", outputs: tower.sizes.hidden,
                inputs: tower.sizes.embedding, .glorotUniform)
            bias = windows.vector("\(tower.name).electra.embeddings_project.bias", size: tower.sizes.hidden)
            passage = windows.passage(from: start, of: tower.name)
        }
    }

    /// What is a tower's own even where it shares its embeddings.
    package final class Layers {
        let projection: Projection?
        package let layers: [EncoderLayer.Parameters]

        package init(_ windows: inout ParameterWindows, of tower: Tower) {
            projection = tower.sizes.hasProjection ? Projection(&windows, of: tower) : nil
            var layers: [EncoderLayer.Parameters] = []
            for number in 0..<tower.sizes.layers {
                layers.append(
                    EncoderLayer.Parameters(
                        &windows, prefix: "\(tower.name).electra.encoder.layer.\(number)", of: tower))
            }
            self.layers = layers
        }
    }

    package final class Parameters {
        package let embeddings: Embeddings.Parameters
        let projection: Projection?
        package let layers: [EncoderLayer.Parameters]

        package init(embeddings: Embeddings.Parameters, layers: Layers) {
            self.embeddings = embeddings
            projection = layers.projection
            self.layers = layers.layers
        }

        /// Of a tower that stands alone.
        package convenience init(_ windows: inout ParameterWindows, of tower: Tower) {
            let embeddings = Embeddings.Parameters(&windows, of: tower)
            self.init(embeddings: embeddings, layers: Layers(&windows, of: tower))
        }
    }

    package final class Activations {
        package let embeddings: Embeddings.Activations
        var projected_TH: Tensor
        package let layers: [EncoderLayer.Activations]
        package let scratch: EncoderLayer.Scratch
        /// The gradient that runs down the residual stream, and that of the embeddings' output.
        package var gradient_TH: Tensor
        var gradient_TE: Tensor

        /// Without `keepsLayers` two layers' worth of memory serve all of them in turn: enough to run forward only.
        package init(_ sizes: EncoderSizes, tokens: Int, maximumLength: Int, keepsLayers: Bool = true, arena: Arena) {
            embeddings = Embeddings.Activations(width: sizes.embedding, tokens: tokens, arena: arena)
            projected_TH = arena.operand(rows: sizes.hasProjection ? tokens : 0, columns: sizes.hidden)
            let activated = arena.keptFactors(rows: tokens, columns: sizes.feedForward)
            let distinct = (0..<(keepsLayers ? sizes.layers : min(2, sizes.layers))).map { _ in
                EncoderLayer.Activations(
                    sizes, tokens: tokens, maximumLength: maximumLength, activated_TF: activated(), arena: arena)
            }
            layers = (0..<sizes.layers).map { distinct[$0 % distinct.count] }
            scratch = EncoderLayer.Scratch(sizes, tokens: tokens, maximumLength: maximumLength, arena: arena)
            gradient_TH = arena.operand(rows: tokens, columns: sizes.hidden)
            gradient_TE = arena.tensor(rows: sizes.hasProjection ? tokens : 0, columns: sizes.embedding)
        }

        /// The last layer, whose output is the tower's.
        package var last: EncoderLayer.Activations { layers[layers.count - 1] }
    }

    /// `ids` stand in the place of those of `batch`, which may have been masked or replaced. Where rows are named that are
    /// `read`, the output is that of these, one after the other: the top layer leaves out what nobody looks at.
    package func forward(
        _ p: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, batch: SequenceBatch, read: SequenceRows? = nil,
        dropout: DropoutSource
    ) {
        Embeddings.forward(p.embeddings, a.embeddings, ids: ids, batch: batch, dropout: dropout)
        if let projection = p.projection {
            projection.passage.visit()
            Linear.forward(
                into: &a.projected_TH, x: a.embeddings.output_TE, rows: batch.tokenCount, weight: projection.weight,
                bias: projection.bias)
            a.projected_TH.round(rows: batch.tokenCount)
            layer(0).forward(
                p.layers[0], a.layers[0], a.scratch, input_TH: a.projected_TH, batch: batch,
                read: rows(read, ofLayer: 0), dropout: dropout)
        } else {
            layer(0).forward(
                p.layers[0], a.layers[0], a.scratch, input_TH: a.embeddings.output_TE, batch: batch,
                read: rows(read, ofLayer: 0), dropout: dropout)
        }
        for number in 1..<sizes.layers {
            layer(number).forward(
                p.layers[number], a.layers[number], a.scratch, input_TH: a.layers[number - 1].output_TH, batch: batch,
                read: rows(read, ofLayer: number), dropout: dropout)
        }
    }

    /// `a.gradient_TH` holds the gradient of the tower's output, row by row as that.
    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, batch: SequenceBatch,
        read: SequenceRows? = nil
    ) {
        for number in (1..<sizes.layers).reversed() {
            layer(number).backward(
                p.layers[number], adding: d.layers[number], a.layers[number], a.scratch, gradient_TH: &a.gradient_TH,
                input_TH: a.layers[number - 1].output_TH, batch: batch, read: rows(read, ofLayer: number))
        }
        if let projection = p.projection, let dProjection = d.projection {
            layer(0).backward(
                p.layers[0], adding: d.layers[0], a.layers[0], a.scratch, gradient_TH: &a.gradient_TH,
                input_TH: a.projected_TH, batch: batch, read: rows(read, ofLayer: 0))
            a.gradient_TH.round(rows: batch.tokenCount)
            Linear.backward(
                addingWeight: &dProjection.weight, addingBias: &dProjection.bias, dy: a.gradient_TH,
                x: a.embeddings.output_TE, rows: batch.tokenCount)
            dProjection.passage.visit()
            Linear.backward(
                into: &a.gradient_TE, dy: a.gradient_TH, rows: batch.tokenCount, weight: projection.weight)
            Embeddings.backward(
                p.embeddings, adding: d.embeddings, a.embeddings, gradient_TE: &a.gradient_TE, ids: ids, batch: batch)
        } else {
            layer(0).backward(
                p.layers[0], adding: d.layers[0], a.layers[0], a.scratch, gradient_TH: &a.gradient_TH,
                input_TH: a.embeddings.output_TE, batch: batch, read: rows(read, ofLayer: 0))
            Embeddings.backward(
                p.embeddings, adding: d.embeddings, a.embeddings, gradient_TE: &a.gradient_TH, ids: ids, batch: batch)
        }
    }

    /// The layers above read all rows of those below.
    private func rows(_ read: SequenceRows?, ofLayer number: Int) -> SequenceRows? {
        number == sizes.layers - 1 ? read : nil
    }

    private func layer(_ number: Int) -> EncoderLayer { EncoderLayer(number: number, heads: sizes.heads) }
}
