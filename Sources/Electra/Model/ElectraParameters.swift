import CKernels

/// All parameters of both networks, as windows into one flat buffer. Gradients are another of these over another
/// buffer (`GradientStore`).
///
/// Discriminator, generator, then the embeddings, to which both add. What has an odd size (vocabulary and prediction bias)
/// is small and stands at the end of its network.
final class ElectraParameters {
    let discriminator: Discriminator.Parameters
    let generator: Generator.Parameters?
    let embeddings: Embeddings.Parameters
    /// The generator's embeddings: the same object where they are shared.
    let generatorEmbeddings: Embeddings.Parameters

    init(_ model: ModelConfiguration, _ windows: inout ParameterWindows) {
        discriminator = Discriminator.Parameters(&windows, model)
        generator = model.hasGenerator ? Generator.Parameters(&windows, model) : nil
        embeddings = Embeddings.Parameters(
            &windows, network: "discriminator", width: model.discriminator.embedding, model)
        generatorEmbeddings =
            model.sharesEmbeddings || !model.hasGenerator
            ? embeddings
            : Embeddings.Parameters(&windows, network: "generator", width: model.generator.embedding, model)
    }
}

/// The parameters: a flat buffer, and the windows into it.
final class ParameterStore: @unchecked Sendable {
    // Unchecked for the reason given at `FlatBuffer`.
    let buffer: FlatBuffer
    let windows: ElectraParameters
    /// The copy in bf16 that products are computed with in that precision.
    private let rounded: FlatBuffer?
    /// The weights as products read them best.
    let packing: WeightPacking?

    /// Who wants weights packed has to bring them up to date before products, as the copy in bf16.
    init(
        _ model: ModelConfiguration, layout: ParameterLayout, precision: ProductPrecision = .f32,
        packsWeights: Bool = false
    ) {
        buffer = FlatBuffer(count: layout.count)
        rounded = precision == .bf16 ? FlatBuffer(count: (layout.count + 1) / 2) : nil
        packing = packsWeights ? WeightPacking(precision) : nil
        var cutter = ParameterWindows(base: buffer.base, rounded: rounded?.halves, packing: packing)
        windows = ElectraParameters(model, &cutter)
    }

    /// Brings the copy in bf16 up to date.
    func round(_ range: Range<Int>) {
        guard let rounded else { return }
        KernelKind.rounding.timed(numbers: range.count + range.count / 2) {
            ck_round_to_bfloat16(
                rounded.halves + range.lowerBound, buffer.base + range.lowerBound, range.count)
        }
    }
}
