package import ElectraKernels

/// One transformer layer, norms after the residual sums as in BERT:
///
///     attended = LayerNorm(input + dropout(attention(input)))
///     output   = LayerNorm(attended + dropout(W2 gelu(W1 attended)))
///
/// T tokens of the micro-batch, H hidden, F feed-forward.
package struct EncoderLayer {
    package final class Parameters {
        var queryKeyValueWeight: Tensor
        var queryKeyValueBias: Tensor
        var attentionOutputWeight: Tensor
        var attentionOutputBias: Tensor
        var attentionNorm: LayerNorm.Parameters
        var intermediateWeight: Tensor
        var intermediateBias: Tensor
        var outputWeight: Tensor
        var outputBias: Tensor
        var outputNorm: LayerNorm.Parameters
        let passage: Passage

        init(_ windows: inout ParameterWindows, prefix: String, of tower: Tower) {
            let start = windows.count
            let normal = Initializer.truncatedNormal(deviation: tower.initializerRange)
            let (H, F) = (tower.sizes.hidden, tower.sizes.feedForward)
            let projections = ["query", "key", "value"].map { "\(prefix).attention.self.\($0)" }
            queryKeyValueWeight = windows.stacked(
                projections.map { "\($0).weight" }, outputs: H, inputs: H, isFactor: true, normal)
            queryKeyValueBias = windows.concatenated(projections.map { "\($0).bias" }, size: H)
            attentionOutputWeight = windows.matrix(
                "\(prefix).attention.output.dense.weight", outputs: H, inputs: H, isFactor: true, normal)
            attentionOutputBias = windows.vector("\(prefix).attention.output.dense.bias", size: H)
            attentionNorm = windows.layerNorm("\(prefix).attention.output.LayerNorm", size: H)
            intermediateWeight = windows.matrix(
                "\(prefix).intermediate.dense.weight", outputs: F, inputs: H, isFactor: true, normal)
            intermediateBias = windows.vector("\(prefix).intermediate.dense.bias", size: F)
            outputWeight = windows.matrix(
                "\(prefix).output.dense.weight", outputs: H, inputs: F, isFactor: true, normal)
            outputBias = windows.vector("\(prefix).output.dense.bias", size: H)
            outputNorm = windows.layerNorm("\(prefix).output.LayerNorm", size: H)
            passage = windows.passage(from: start, of: tower.name)
        }
    }

    /// What the backward pass needs of the forward pass.
    package final class Activations {
        var qkv_T3H: Tensor
        var attention: SelfAttention.Saved
        var context_TH: Tensor
        let attentionKeep: UnsafeMutablePointer<UInt8>
        var attentionMask = DropoutMask.off
        var attentionNorm: LayerNorm.Saved
        var attended_TH: Tensor
        /// Before the GELU, and after.
        var intermediate_TF: Tensor
        var activated_TF: Tensor
        let outputKeep: UnsafeMutablePointer<UInt8>
        var outputMask = DropoutMask.off
        var outputNorm: LayerNorm.Saved
        package var output_TH: Tensor

        /// `activated_TF` is room that `Arena.keptFactors` makes.
        init(
            _ sizes: EncoderSizes, tokens: Int, maximumLength: Int, activated_TF: consuming Tensor, arena: Arena
        ) {
            self.activated_TF = activated_TF
            qkv_T3H = arena.factor(rows: tokens, columns: 3 * sizes.hidden)
            attention = SelfAttention.Saved(
                heads: sizes.heads, tokens: tokens, maximumLength: maximumLength, arena: arena)
            context_TH = arena.factor(rows: tokens, columns: sizes.hidden)
            attentionKeep = arena.array(of: UInt8.self, count: tokens * sizes.hidden)
            attentionNorm = LayerNorm.Saved(
                normalized: arena.tensor(rows: tokens, columns: sizes.hidden),
                inverseDeviation: arena.tensor(rows: tokens, columns: 1))
            attended_TH = arena.operand(rows: tokens, columns: sizes.hidden)
            intermediate_TF = arena.factor(rows: tokens, columns: sizes.feedForward)
            outputKeep = arena.array(of: UInt8.self, count: tokens * sizes.hidden)
            outputNorm = LayerNorm.Saved(
                normalized: arena.tensor(rows: tokens, columns: sizes.hidden),
                inverseDeviation: arena.tensor(rows: tokens, columns: 1))
            output_TH = arena.operand(rows: tokens, columns: sizes.hidden)
        }
    }

    /// Used by every layer in turn.
    package final class Scratch {
        var branch_TH: Tensor
        var dContext_TH: Tensor
        var dQkv_T3H: Tensor
        var dIntermediate_TF: Tensor
        var attention: SelfAttention.Scratch

        init(_ sizes: EncoderSizes, tokens: Int, maximumLength: Int, arena: Arena) {
            branch_TH = arena.operand(rows: tokens, columns: sizes.hidden)
            dContext_TH = arena.factor(rows: tokens, columns: sizes.hidden)
            dQkv_T3H = arena.factor(rows: tokens, columns: 3 * sizes.hidden)
            dIntermediate_TF = arena.factor(rows: tokens, columns: sizes.feedForward, hasGaps: true)
            attention = SelfAttention.Scratch(maximumLength: maximumLength, arena: arena)
        }
    }

    let number: Int
    let heads: Int

    /// Of the top layer, the output of the rows that are `read` is enough: there are R of them, all T where none are named,
    /// and in front of `a.output_TH`. Attention sees all tokens; what comes after goes row by row.
    func forward(
        _ p: Parameters, _ a: Activations, _ s: Scratch, input_TH: borrowing Tensor, batch: SequenceBatch,
        read: SequenceRows?, dropout: DropoutSource
    ) {
        p.passage.visit()
        let T = batch.tokenCount
        let H = input_TH.columns
        Linear.forward(
            into: &a.qkv_T3H, x: input_TH, rows: T, weight: p.queryKeyValueWeight, bias: p.queryKeyValueBias)
        SelfAttention.forward(
            into: &a.context_TH, saving: &a.attention, qkv_T3H: a.qkv_T3H, heads: heads, batch: batch,
            dropout: dropout, layer: number, &s.attention)
        a.attentionMask = dropout.hiddenMask(
            .attentionOutput, layer: number, batch: batch, read: read, columns: H, a.attentionKeep)
        if let read {
            RowSelection.gather(inPlace: &a.context_TH, read)
            RowSelection.gather(into: &a.output_TH, from: input_TH, rows: read.rows, count: read.count)
            attend(p, a, s, residual: a.output_TH, rows: read.count)
        } else {
            attend(p, a, s, residual: input_TH, rows: T)
        }

        let R = read?.count ?? T
        LinearGELU.forward(
            into: &a.activated_TF, keeping: &a.intermediate_TF, x: a.attended_TH, rows: R,
            weight: p.intermediateWeight, bias: p.intermediateBias)
        Linear.forward(into: &s.branch_TH, x: a.activated_TF, rows: R, weight: p.outputWeight)
        a.outputMask = dropout.hiddenMask(
            .feedForwardOutput, layer: number, batch: batch, read: read, columns: H, a.outputKeep)
        LayerNorm.forward(
            into: &a.output_TH, saving: &a.outputNorm, x: s.branch_TH, bias: p.outputBias, dropout: a.outputMask,
            residual: a.attended_TH, rows: R, p.outputNorm)
    }

    private func attend(
        _ p: Parameters, _ a: Activations, _ s: Scratch, residual: borrowing Tensor, rows: Int
    ) {
        Linear.forward(into: &s.branch_TH, x: a.context_TH, rows: rows, weight: p.attentionOutputWeight)
        LayerNorm.forward(
            into: &a.attended_TH, saving: &a.attentionNorm, x: s.branch_TH, bias: p.attentionOutputBias,
            dropout: a.attentionMask, residual: residual, rows: rows, p.attentionNorm)
    }

    /// `gradient_TH` comes as the gradient of the output (of the rows that are `read`) and leaves as that of the input: it
    /// runs down the residual stream, and every branch adds to it.
    func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, _ s: Scratch, gradient_TH: inout Tensor,
        input_TH: borrowing Tensor, batch: SequenceBatch, read: SequenceRows?
    ) {
        let T = batch.tokenCount
        let R = read?.count ?? T
        // output = LayerNorm(attended + dropout(branch))
        LayerNorm.backward(
            &gradient_TH, into: &s.branch_TH, addingBias: &d.outputBias, adding: &d.outputNorm, saved: a.outputNorm,
            dropout: a.outputMask, rows: R, p.outputNorm)
        // branch = W2 gelu(intermediate)
        LinearGELU.backward(
            into: &s.dIntermediate_TF, restoring: &a.activated_TF, addingBias: &d.intermediateBias,
            dyBehind: s.branch_TH, weightBehind: p.outputWeight, z: a.intermediate_TF, bias: p.intermediateBias,
            rows: R)
        Linear.backward(addingWeight: &d.outputWeight, dy: s.branch_TH, x: a.activated_TF, rows: R)
        // intermediate = W1 attended
        Linear.backward(addingWeight: &d.intermediateWeight, dy: s.dIntermediate_TF, x: a.attended_TH, rows: R)
        Linear.backward(adding: &gradient_TH, dy: s.dIntermediate_TF, rows: R, weight: p.intermediateWeight)

        // attended = LayerNorm(input + dropout(branch))
        LayerNorm.backward(
            &gradient_TH, into: &s.branch_TH, addingBias: &d.attentionOutputBias, adding: &d.attentionNorm,
            saved: a.attentionNorm, dropout: a.attentionMask, rows: R, p.attentionNorm)
        // branch = Wo attention(Wqkv input)
        Linear.backward(addingWeight: &d.attentionOutputWeight, dy: s.branch_TH, x: a.context_TH, rows: R)
        Linear.backward(into: &s.dContext_TH, dy: s.branch_TH, rows: R, weight: p.attentionOutputWeight)
        if let read {
            RowSelection.scatter(inPlace: &s.dContext_TH, read, rows: T)
            RowSelection.scatter(inPlace: &gradient_TH, read, rows: T)
        }
        SelfAttention.backward(
            into: &s.dQkv_T3H, addingBias: &d.queryKeyValueBias, dContext_TH: s.dContext_TH, saved: a.attention,
            qkv_T3H: a.qkv_T3H, heads: heads, batch: batch, &s.attention)
        Linear.backward(addingWeight: &d.queryKeyValueWeight, dy: s.dQkv_T3H, x: input_TH, rows: T)
        Linear.backward(adding: &gradient_TH, dy: s.dQkv_T3H, rows: T, weight: p.queryKeyValueWeight)
        d.passage.visit()
    }
}
