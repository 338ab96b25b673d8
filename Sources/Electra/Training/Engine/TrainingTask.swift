package import ElectraKernels
package import ElectraModel
package import ElectraSupport

/// What is trained: it declares parameters, memory and batches, fills a micro-batch, runs forward and backward, names its
/// losses, and counts what its metrics are made of. Pre-training objectives and fine-tuning heads are tasks.
///
/// The engine calls each of these once a micro-batch, and knows nothing else of networks.
package protocol TrainingTask: AnyObject, Sendable {
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
    /// A task that trains other parameters later on has phases: of each step, where it has any; nil trains all.
    func phase(at step: Int) -> Int?
    func isTrained(_ parameter: String, in phase: Int) -> Bool
    /// Called before the first step of a phase, on all ranks alike; and again in a process that goes on with it later.
    func prepare(_ parameters: ParameterStore<Parameters>, step: Int)
    /// For up to so many sequences. Called before the first step, as the next; a step allocates nothing.
    func makeBatch(sequences: Int, arena: Arena) -> Batch
    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace

    /// Tokens of an example, where that is known before it is read; nil where examples stand as they are drawn.
    func length(of example: Int, in examples: Examples) -> Int?

    /// Adds these examples to a batch that was reset.
    func fill(
        _ batch: Batch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: Examples, _ workspace: Workspace,
        _ context: StepContext
    ) throws(Failure)
    /// What of the batch counts for each loss.
    func denominators(of batch: Batch) -> LossVector<Int>

    /// Multiplications and additions of its products, forward and backward; 0 where nobody counts them.
    func operations(of batch: Batch, _ context: StepContext) -> Int

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

extension TrainingTask {
    package func operations(of batch: Batch, _ context: StepContext) -> Int { 0 }
    package func phase(at step: Int) -> Int? { nil }
    package func isTrained(_ parameter: String, in phase: Int) -> Bool { true }
    package func prepare(_ parameters: ParameterStore<Parameters>, step: Int) {}
    package func length(of example: Int, in examples: Examples) -> Int? { nil }

    /// Room for the sums of a pass that belongs to no slice of a step.
    package func makeSums(arena: Arena) -> TaskSums {
        TaskSums(
            losses: arena.array(of: Double.self, count: losses.count),
            counts: arena.array(of: Int64.self, count: metricCounts))
    }
}

/// A micro-batch of a task.
package protocol TaskBatch: AnyObject {
    var sequences: SequenceBatch { get }
    func reset()
}

/// One loss of a task, and how it is shown.
package struct LossTerm: Sendable {
    /// For people: "MLM".
    package let name: String
    package let weight: Float
    /// Among the metrics; no accuracy where that is empty.
    package let metric: String
    package let accuracy: String
    /// Behind the point.
    package let digits: Int

    package init(name: String, weight: Float, metric: String, accuracy: String, digits: Int = 3) {
        self.name = name
        self.weight = weight
        self.metric = metric
        self.accuracy = accuracy
        self.digits = digits
    }

    package func weighted(_ weight: Float) -> LossTerm {
        LossTerm(name: name, weight: weight, metric: metric, accuracy: accuracy, digits: digits)
    }

    /// "MLM 5.849 (12.6 %)".
    package func words(_ loss: Double, accuracy: Double?) -> String {
        let share = self.accuracy.isEmpty ? nil : accuracy
        return "\(name) \(decimal(loss, digits))" + (share.map { " (\(decimal(100 * $0, 1)) %)" } ?? "")
    }
}

/// Which sequence stands at a place of a batch, and by which key its random numbers are drawn.
package struct ChosenExample: BitwiseCopyable {
    package let number: Int
    package let key: Int
}

/// What a task is told about the step under way.
package struct StepContext: Sendable {
    package var seed: UInt64
    package var step: Int
    /// With dropout.
    package var isTraining: Bool
    /// What each loss is divided by: counts over the *global* batch, known before the backward pass, so that the sum of
    /// the parts' gradients is the gradient of the whole (DESIGN, law 2).
    package var denominators = LossVector<Int>(repeating: 0)

    package init(
        seed: UInt64, step: Int, isTraining: Bool, denominators: LossVector<Int> = LossVector<Int>(repeating: 0)
    ) {
        self.seed = seed
        self.step = step
        self.isTraining = isTraining
        self.denominators = denominators
    }
}

/// One number for each loss of a task, without a place on the heap.
package struct LossVector<Number: Sendable>: Sendable {
    package static var most: Int { 4 }
    private var numbers: InlineArray<4, Number>

    package init(repeating number: Number) { numbers = .init(repeating: number) }

    package init(_ first: Number, _ second: Number, rest: Number) {
        self.init(repeating: rest)
        (numbers[0], numbers[1]) = (first, second)
    }

    package subscript(loss: Int) -> Number {
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
package struct TaskSums {
    package let losses: UnsafeMutablePointer<Double>
    package let counts: UnsafeMutablePointer<Int64>

    package init(losses: UnsafeMutablePointer<Double>, counts: UnsafeMutablePointer<Int64>) {
        self.losses = losses
        self.counts = counts
    }
}
