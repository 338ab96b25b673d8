import Collectives
import Testing

@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraSupport
@testable import ElectraTraining

/// The engine trains what is no network at all: words have weights, and the weights of a sequence are to sum up to half of its
/// length. Whatever lanes and buckets there are, and by an optimiser that needs the norms of whole tensors, the bits are the
/// same.
@Suite struct EngineTests {
    final class WordWeights: TrainingTask {
        final class Parameters {
            var words: Tensor
            var shift: Tensor

            init(_ windows: inout ParameterWindows) {
                words = windows.table("words.weight", rows: 12_500, columns: 1, .truncatedNormal(deviation: 1))
                shift = windows.vector("shift.bias", size: 3)
            }
        }

        final class Batch: TaskBatch {
            let sequences: SequenceBatch
            init(_ sequences: SequenceBatch) { self.sequences = sequences }
            func reset() { sequences.reset() }
        }

        /// The errors of a micro-batch's sequences, over what they are divided by.
        final class Workspace {
            let errors: UnsafeMutablePointer<Float>
            init(_ errors: UnsafeMutablePointer<Float>) { self.errors = errors }
        }

        let losses = [LossTerm(name: "square", weight: 1, metric: "square", accuracy: "none")]
        let metricCounts = 1

        func parameters(_ windows: inout ParameterWindows) -> Parameters { Parameters(&windows) }

        func makeBatch(sequences: Int, arena: Arena) -> Batch {
            Batch(SequenceBatch(maximumSequences: sequences, maximumLength: 20, arena: arena))
        }

        func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
            Workspace(arena.array(of: Float.self, count: sequences))
        }

        /// Example n is made of numbers that follow from `examples`, n and the step.
        func fill(
            _ batch: Batch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: UInt64,
            _ workspace: Workspace,
            _ context: StepContext
        ) throws(Failure) {
            for example in chosen {
                let random = RandomStream(seed: examples, .packing, sequence: example.number)
                batch.sequences.append(key: example.key) { ids in
                    let length = 1 + random.integer(0, below: 20)
                    for place in 0..<length { ids[place] = Int32(random.integer(1 + place, below: 12_500)) }
                    return (length, length)
                }
            }
        }

        func denominators(of batch: Batch) -> LossVector<Int> { LossVector(batch.sequences.sequenceCount, 0, rest: 0) }

        func forward(
            _ p: Parameters, _ workspace: Workspace, _ batch: Batch, _ context: StepContext, adding sums: TaskSums
        ) {
            for sequence in 0..<batch.sequences.sequenceCount {
                let rows = batch.sequences.rows(of: sequence)
                let weight = rows.reduce(p.shift.base[0]) { $0 + p.words.base[Int(batch.sequences.ids[$1])] }
                let error = weight - Float(rows.count) / 2
                workspace.errors[sequence] = error / Float(context.denominators[0])
                sums.losses[0] += Double(error * error)
                sums.counts[0] += 1
            }
        }

        func backward(_ p: Parameters, adding d: Parameters, _ workspace: Workspace, _ batch: Batch) {
            for sequence in 0..<batch.sequences.sequenceCount {
                let gradient = 2 * workspace.errors[sequence]
                d.shift.base[0] += gradient
                for row in batch.sequences.rows(of: sequence) {
                    d.words.base[Int(batch.sequences.ids[row])] += gradient
                }
            }
        }

        func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
            var metrics = Metrics()
            metrics["square"] = losses[0]
            metrics["examples"] = Double(counts[0])
            return metrics
        }
    }

    /// Steps as long as a tensor is large, as LAMB's trust ratio wants (Y. You et al., 2020): the norms of whole tensors, which
    /// lanes and ranks share, come of sums over blocks, added up in their order.
    final class TrustRatio: Optimizer, @unchecked Sendable {
        struct Options: OptimizerOptions {
            static let stateNames = ["trust_steps"]
            let tensors: [ParameterSpecification]

            func makeOptimizer(_ groups: [ParameterGroup], owning owned: OwnedElements) -> any Optimizer {
                TrustRatio(tensors, owned)
            }
        }

        let passes = 2
        let state: [OptimizerState]
        private let tensors: [ParameterSpecification]
        private let owned: OwnedElements
        private let blocks: Int
        /// Of each tensor and block: squares of parameters, then of gradients.
        private let squares: UnsafeMutableBufferPointer<Double>

        init(_ tensors: [ParameterSpecification], _ owned: OwnedElements) {
            self.tensors = tensors
            self.owned = owned
            state = [OptimizerState(name: "trust_steps", buffer: FlatBuffer(count: owned.count))]
            blocks = FlatBlocks(count: tensors.last?.range.upperBound ?? 0).blocks
            squares = .allocate(capacity: 2 * tensors.count * blocks)
            squares.initialize(repeating: 0)
        }

        deinit { squares.deallocate() }

        func update(_ elements: Range<Int>, pass: Int, _ update: ParameterUpdate) {
            for (number, tensor) in tensors.enumerated() where tensor.range.overlaps(elements) {
                for element in tensor.range.clamped(to: elements) {
                    let (parameter, gradient) = (update.parameters.base[element], update.gradient[element])
                    if pass == 0 {
                        let sum = 2 * (number * blocks + element / FlatBlocks.size)
                        squares[sum] += Double(parameter * parameter)
                        squares[sum + 1] += Double(gradient * gradient)
                    } else {
                        let ratio = norm(number, 0) / max(norm(number, 1), 1e-12)
                        update.parameters.base[element] -= Float(update.learningRate * ratio) * gradient
                        state[0].buffer.base[owned.place(of: element)] += 1
                    }
                }
            }
        }

        func exchange(afterPass pass: Int, over communicator: Communicator) throws(MPIError) {
            try communicator.allReduce(squares, .sum)
        }

        private func norm(_ tensor: Int, _ kind: Int) -> Double {
            (0..<blocks).reduce(0.0) { $0 + squares[2 * (tensor * blocks + $1) + kind] }.squareRoot()
        }

        func forget() { squares.update(repeating: 0) }
    }

    private func train(
        lanes: Int, buckets: [Range<Int>]? = nil, _ optimizer: any OptimizerOptions, steps: Int = 3
    ) throws -> (losses: [Double], fingerprint: String, state: [Float]) {
        let pool = try LanePool(count: lanes)
        defer { pool.stop() }
        let model = ModelState(
            WordWeights(), JobKernels(precision: .f32, description: "", fingerprint: ""), pool: pool)
        var clipping = GradientClipping()
        clipping.norm = 0
        let options = StepOptions(
            seed: 3, division: BatchDivision(batch: 12, slices: 6, microBatch: 1),
            schedule: LearningRateSchedule(peak: 0.02, warmup: 0, steps: 1000), optimizer: optimizer, clipping: clipping
        )
        let step = try TrainingStep(
            model, options, examples: 7, exampleCount: 40, communicator: .alone, buckets: buckets)
        try step.initializeParameters()
        var losses: [Double] = []
        for number in 0..<steps {
            losses.append(try step.run(step: number).losses[0])
            (step.optimizer as? TrustRatio)?.forget()
        }
        let state = step.optimizer.state[0].buffer
        return (losses, model.fingerprint, (0..<state.count).map { state.base[$0] })
    }

    private static let layout = ParameterLayout { _ = WordWeights.Parameters(&$0) }

    @Test func lanesAndBucketsDoNotShow() throws {
        let blocks = FlatBlocks(count: Self.layout.count).blocks
        #expect(blocks == 4)
        for optimizer in [AdamOptions(), TrustRatio.Options(tensors: Self.layout.specifications)]
            as [any OptimizerOptions]
        {
            let alone = try train(lanes: 1, optimizer)
            for (lanes, buckets) in [(2, nil), (4, nil), (1, [0..<1, 1..<4]), (3, [0..<2, 2..<3, 3..<4])] {
                let other = try train(lanes: lanes, buckets: buckets, optimizer)
                #expect(other.fingerprint == alone.fingerprint && other.losses == alone.losses)
                // Not all numbers, where they differ.
                let hasSameState = other.state == alone.state
                #expect(hasSameState)
            }
        }
    }

    @Test func aTaskIsLearntAndMeasured() throws {
        var options = AdamOptions()
        options.weightDecay = 0
        let losses = try train(lanes: 2, options, steps: 60).losses
        #expect(losses.last! < losses[0] / 4, "\(losses[0]) to \(losses.last!)")
        // Each element once in each step.
        let state = try train(lanes: 3, TrustRatio.Options(tensors: Self.layout.specifications)).state
        let others = state.count { $0 != 3 }
        #expect(others == 0)
    }

    /// Forward only, with what the step computes with, or without a step at all.
    @Test func evaluationNeedsNoTrainer() throws {
        let pool = try LanePool(count: 2)
        defer { pool.stop() }
        let model = ModelState(
            WordWeights(), JobKernels(precision: .f32, description: "", fingerprint: ""), pool: pool)
        let lanes = try Lanes(
            model, BatchDivision(batch: 8, slices: 4, microBatch: 2), over: .alone, grid: HostGrid(.alone))
        let evaluation = HeldOutEvaluation(model, lanes, examples: 7, sequences: 21)
        var shares: [Double] = []
        let metrics = try evaluation.run { shares.append($0) }
        #expect(metrics["examples"] == 21 && shares.count == 3)
        // All weights are zero, so the error is half of the length.
        let lengths = (0..<21).map { 1 + RandomStream(seed: 7, .packing, sequence: $0).integer(0, below: 20) }
        let expected = lengths.reduce(0.0) { $0 + Double($1 * $1) / 4 } / 21
        #expect(abs(metrics["square"] - expected) < 1e-9)
    }
}
