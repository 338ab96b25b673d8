package import ElectraKernels

/// Word, position and segment tables, summed, then LayerNorm, then dropout. Towers may share one set of parameters
/// (docs/algorithm.md 3); each keeps activations of its own.
///
/// T tokens of the micro-batch, E embedding width, V vocabulary.
package struct Embeddings {
    package final class Parameters {
        package var word_VE: Tensor
        package var position: Tensor
        package var type: Tensor
        package var norm: LayerNorm.Parameters
        /// Whose tables are added to these, and get no gradient from it.
        let base: Parameters?

        package convenience init(_ windows: inout ParameterWindows, of tower: Tower) {
            self.init(&windows, of: tower, over: nil)
        }

        /// Tables that start at zero and are what this network's differ from those of another: gradient-disentangled embedding
        /// sharing (P. He et al., "DeBERTaV3", 2021, section 3.2).
        package convenience init(_ windows: inout ParameterWindows, of tower: Tower, differingFrom base: Parameters) {
            self.init(&windows, of: tower, over: base)
        }

        private init(_ windows: inout ParameterWindows, of tower: Tower, over base: Parameters?) {
            self.base = base
            let prefix = "\(tower.name).electra.embeddings"
            let normal = base == nil ? Initializer.truncatedNormal(deviation: tower.initializerRange) : .zeros
            let width = tower.sizes.embedding
            word_VE = windows.matrix(
                "\(prefix).word_embeddings.weight", outputs: tower.rows.vocabulary, inputs: width,
                onlyProductsAdd: false,
                normal)
            position = windows.table(
                "\(prefix).position_embeddings.weight", rows: tower.rows.positions, columns: width, normal)
            type = windows.table(
                "\(prefix).token_type_embeddings.weight", rows: tower.rows.types, columns: width, normal)
            norm = windows.layerNorm("\(prefix).LayerNorm", size: width)
        }
    }

    package final class Activations {
        var output_TE: Tensor
        package var norm: LayerNorm.Saved
        package let keep: UnsafeMutablePointer<UInt8>
        package var mask = DropoutMask.off

        package init(width: Int, tokens: Int, arena: Arena) {
            output_TE = arena.operand(rows: tokens, columns: width)
            norm = LayerNorm.Saved(
                normalized: arena.tensor(rows: tokens, columns: width),
                inverseDeviation: arena.tensor(rows: tokens, columns: 1))
            keep = arena.array(of: UInt8.self, count: tokens * width)
        }
    }

    package static func forward(
        _ p: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, batch: SequenceBatch, dropout: DropoutSource
    ) {
        let rows = batch.tokenCount
        // The sum is normalised in place: LayerNorm keeps its own normalised copy.
        EmbeddingLookup.forward(
            into: &a.output_TE, ids: ids, batch: batch, word: p.word_VE, position: p.position, type: p.type)
        if let base = p.base {
            EmbeddingLookup.forward(
                adding: &a.output_TE, ids: ids, batch: batch, word: base.word_VE, position: base.position,
                type: base.type)
        }
        LayerNorm.forward(inPlace: &a.output_TE, saving: &a.norm, rows: rows, p.norm)
        a.mask = dropout.hiddenMask(.embeddings, layer: 0, batch: batch, columns: a.output_TE.columns, a.keep)
        Dropout.apply(&a.output_TE, rows: rows, mask: a.mask)
    }

    /// `gradient_TE` comes as the gradient of the output and is used up.
    package static func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, gradient_TE: inout Tensor,
        ids: UnsafePointer<Int32>, batch: SequenceBatch
    ) {
        let rows = batch.tokenCount
        Dropout.apply(&gradient_TE, rows: rows, mask: a.mask)
        LayerNorm.backward(&gradient_TE, adding: &d.norm, saved: a.norm, rows: rows, p.norm)
        EmbeddingLookup.backward(
            addingWord: &d.word_VE, addingPosition: &d.position, addingType: &d.type, dy_TE: gradient_TE, ids: ids,
            batch: batch)
    }
}
