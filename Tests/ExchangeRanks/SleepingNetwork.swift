import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining
import Glibc

/// A task that has the shape of a network and sleeps where one computes: what of the exchange between ranks can be hidden,
/// shows without a core for each of them.
///
/// A table, complete at the end, and layers from the top down, as `passages` or not. Gradients are numbers that follow from
/// layer, sequence and step, of many magnitudes, so that another order of additions would show.
final class SleepingNetwork: TrainingTask {
    struct Shape {
        var layers = 12
        var layerParameters = 800_000
        var tableParameters = 4_000_000
        /// Of a micro-batch, forward and backward.
        var forwardMilliseconds = 0.0
        var backwardMilliseconds = 0.0
        /// Sleeps up to so long in each layer, another time on each rank.
        var delayMicroseconds = 0
        var delaySeed = 0
        /// Otherwise nobody knows what is complete before all is.
        var hasPassages = true
        var hasGradients = true
    }

    final class Layer {
        var weight: Tensor
        let passage: Passage?

        init(_ windows: inout ParameterWindows, number: Int, _ shape: Shape) {
            let start = windows.count
            weight = windows.vector("layer.\(number)", size: shape.layerParameters, .ones)
            passage = shape.hasPassages ? windows.passage(from: start, of: "network") : nil
        }
    }

    final class Parameters {
        var layers: [Layer] = []
        var table: Tensor

        init(_ windows: inout ParameterWindows, _ shape: Shape) {
            for number in 0..<shape.layers { layers.append(Layer(&windows, number: number, shape)) }
            table = windows.vector("table", size: shape.tableParameters, .ones)
        }
    }

    final class Batch: TaskBatch {
        let sequences: SequenceBatch
        init(_ sequences: SequenceBatch) { self.sequences = sequences }
        func reset() { sequences.reset() }
    }

    final class Workspace {
        var context: StepContext?
        var sum: Float = 0
    }

    let losses = [LossTerm(name: "sum", weight: 1, metric: "sum", accuracy: "none")]
    let metricCounts = 1
    let shape: Shape
    private let rank: Int

    init(_ shape: Shape, rank: Int) {
        self.shape = shape
        self.rank = rank
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters { Parameters(&windows, shape) }

    func makeBatch(sequences: Int, arena: Arena) -> Batch {
        Batch(SequenceBatch(maximumSequences: sequences, maximumLength: 1, arena: arena))
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace { Workspace() }

    func fill(
        _ batch: Batch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: Int, _ workspace: Workspace,
        _ context: StepContext
    ) throws(Failure) {
        for example in chosen {
            batch.sequences.append(key: example.key) { ids in
                ids[0] = Int32(example.key)
                return (1, 1)
            }
        }
    }

    func denominators(of batch: Batch) -> LossVector<Int> { LossVector(batch.sequences.sequenceCount, 0, rest: 0) }

    /// The loss is made of one parameter of each layer and of the table, so one that came too late shows.
    func forward(_ p: Parameters, _ w: Workspace, _ batch: Batch, _ context: StepContext, adding sums: TaskSums) {
        w.context = context
        w.sum = p.table.base[shape.tableParameters - 1]
        for layer in p.layers.indices {
            p.layers[layer].passage?.visit()
            rest(shape.forwardMilliseconds, in: layer, context)
            w.sum += p.layers[layer].weight.base[(layer * 7919 + context.step * 104_729) % shape.layerParameters]
        }
        sums.losses[0] += Double(w.sum)
        sums.counts[0] += 1
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: Batch) {
        guard let context = w.context else { return }
        for layer in d.layers.indices.reversed() {
            rest(shape.backwardMilliseconds, in: shape.layers + layer, context)
            add(to: &d.layers[layer].weight, layer, w.sum, batch, context)
            d.layers[layer].passage?.visit()
        }
        add(to: &d.table, shape.layers, w.sum, batch, context)
    }

    private func add(to gradient: inout Tensor, _ layer: Int, _ factor: Float, _ batch: Batch, _ context: StepContext) {
        if !shape.hasGradients { return }
        for sequence in 0..<batch.sequences.sequenceCount {
            let random = RandomStream(
                seed: UInt64(layer), .dropout, step: context.step, sequence: Int(batch.sequences.ids[sequence]))
            for element in 0..<gradient.count {
                let place = element % 1021
                gradient.base[element] +=
                    factor * (random.uniform(place) - 0.5) * Float(1 << (random.integer(place, below: 20)))
            }
        }
    }

    private func rest(_ milliseconds: Double, in layer: Int, _ context: StepContext) {
        var microseconds = 1000 * milliseconds / Double(shape.layers)
        if shape.delayMicroseconds > 0 {
            let random = RandomStream(
                seed: UInt64(1000 * shape.delaySeed + rank), .packing, step: context.step, sequence: layer)
            microseconds += Double(random.integer(0, below: shape.delayMicroseconds))
        }
        if microseconds > 0 { usleep(UInt32(microseconds)) }
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        var metrics = Metrics()
        metrics["sum"] = losses[0]
        return metrics
    }
}
