package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel
import ElectraTraining

/// What stands on an encoder and is learnt with it: its parameters, its pass forward and back, its loss. Each is one file,
/// named and computed as the class of Hugging Face transformers that holds it.
///
/// T tokens of the micro-batch, R rows that the head looks at, H hidden, K outputs of a row.
package protocol FineTuningHead: Sendable {
    associatedtype Parameters: AnyObject
    associatedtype Activations: AnyObject

    /// As config.json says it.
    var description: TaskHeadDescription { get }

    func parameters(_ windows: inout ParameterWindows, of tower: Tower) -> Parameters
    func activations(sequences: Int, tokens: Int, of tower: Tower, arena: Arena) -> Activations

    /// Whether it looks at every token, and not at the rows of the batch only.
    var readsEveryToken: Bool { get }

    /// `encoded_RH` is the encoder's output, which nobody else reads and dropout may change. Leaves the outputs in `a`.
    func forward(
        _ p: Parameters, _ a: Activations, encoded_RH: inout Tensor, _ batch: LabelledBatch, dropout: DropoutSource)
    /// The numbers that the forward pass left, those of each sequence together, and how many they are.
    func outputs(_ a: Activations, ofSequence sequence: Int, _ batch: LabelledBatch) -> UnsafeBufferPointer<Float>
    func outputCount(of example: EncodedExample) -> Int

    /// What the loss is divided by.
    func denominator(of batch: LabelledBatch) -> Int
    /// Adds the loss to `sum`, and turns the outputs into `gradientScale` x its gradient.
    func loss(_ a: Activations, _ batch: LabelledBatch, gradientScale: Float) -> Double
    /// From the gradient of the outputs. Overwrites `gradient_RH`, that of the encoder's output, which is as the forward
    /// pass left it.
    func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_RH: borrowing Tensor,
        into gradient_RH: inout Tensor, _ batch: LabelledBatch)
}
