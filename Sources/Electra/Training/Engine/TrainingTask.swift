/// What is trained: it declares parameters, memory and batches, fills a micro-batch, runs forward and backward, names its
/// losses, and counts what its metrics are made of. Pre-training objectives and fine-tuning heads are tasks.
///
/// The engine calls each of these once a micro-batch, and knows nothing else of networks.
protocol TrainingTask: AnyObject, Sendable {
    /// Windows into a flat buffer: of the parameters, and over others of their gradients.
    associatedtype Parameters: AnyObject
    /// What a lane keeps of the forward pass, and whatever else a pass needs memory for.
    associatedtype Workspace: AnyObject
    associatedtype Batch: TaskBatch
    /// Where sequences come from, by their number.
    associatedtype Examples: Sendable

    /// `LossVector.most` at most. The sum of the means, each times its weight, is what is trained.
    var losses: [LossTerm] { get }
    /// How many whole numbers the metrics are made of.
    var metricCounts: Int { get }

    /// The one declaration of the flat layout.
    func parameters(_ windows: inout ParameterWindows) -> Parameters
    /// For up to so many sequences. Called before the first step, as the next; a step allocates nothing.
    func makeBatch(sequences: Int, arena: Arena) -> Batch
    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace

    /// Adds these examples to a batch that was reset.
    func fill(
        _ batch: Batch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: Examples, _ workspace: Workspace,
        _ context: StepContext
    ) throws(Failure)
    /// What of the batch counts for each loss.
    func denominators(of batch: Batch) -> LossVector<Int>

    /// Leaves in the workspace what `backward` needs: among it the gradient of the weighted means, over the denominators
    /// of `context`.
    func forward(
        _ parameters: Parameters, _ workspace: Workspace, _ batch: Batch, _ context: StepContext,
        adding sums: TaskSums)
    func backward(
        _ parameters: Parameters, adding gradients: Parameters, _ workspace: Workspace, _ batch: Batch)

    /// From the means of the losses and the counts, both over all that was computed since they were reset.
    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics
}

/// A micro-batch of a task.
protocol TaskBatch: AnyObject {
    var sequences: SequenceBatch { get }
    func reset()
}

/// One loss of a task.
struct LossTerm: Sendable {
    /// As in messages: "MLM".
    let name: String
    let weight: Float
}

/// Which sequence stands at a place of a batch, and by which key its random numbers are drawn.
struct ChosenExample {
    let number: Int
    let key: Int
}

/// What a task is told about the step under way.
struct StepContext: Sendable {
    var seed: UInt64
    var step: Int
    /// With dropout.
    var isTraining: Bool
    /// What each loss is divided by: counts over the *global* batch, known before the backward pass, so that the sum of
    /// the parts' gradients is the gradient of the whole (DESIGN, law 2).
    var denominators = LossVector<Int>(repeating: 0)
}

/// One number for each loss of a task, without a place on the heap.
struct LossVector<Number: Sendable>: Sendable {
    static var most: Int { 4 }
    private var numbers: InlineArray<4, Number>

    init(repeating number: Number) { numbers = .init(repeating: number) }

    init(_ first: Number, _ second: Number, rest: Number) {
        self.init(repeating: rest)
        (numbers[0], numbers[1]) = (first, second)
    }

    subscript(loss: Int) -> Number {
        get { numbers[loss] }
        set { numbers[loss] = newValue }
    }
}

extension LossVector<Double> {
    /// Of these sums; where nothing was counted, the sums.
    func means(over counts: LossVector<Int>) -> LossVector<Double> {
        var means = self
        for loss in 0..<Self.most { means[loss] /= Double(max(counts[loss], 1)) }
        return means
    }
}

/// What a pass adds to: the sums of the losses of one slice, which are added up along the tree, and counts, whose order
/// cannot show. Neither is owned.
struct TaskSums {
    let losses: UnsafeMutablePointer<Double>
    let counts: UnsafeMutablePointer<Int64>
}
