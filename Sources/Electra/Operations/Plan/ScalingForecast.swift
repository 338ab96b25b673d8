package import ElectraPretraining
import ElectraTraining

/// A run on 1, 2, 4 ... nodes: with its batch, and with a batch that grows with them.
package struct ScalingForecast: Sendable {
    package struct Point: Sendable {
        package let step: StepForecast
        package let tokensPerSecond: Double
        /// Of what as many single nodes would do.
        package let efficiency: Double
    }

    package struct Row: Sendable {
        package let nodes: Int
        /// With the batch as it is (strong scaling); nil where it has not a slice for each rank.
        package let strong: Point?
        /// With as large a part of a batch on each node as one node has (weak scaling).
        package let weak: Point
        /// What takes most from the efficiency.
        package let limit: Limit

        /// With the batch as it is, if that is possible.
        package var point: Point { strong ?? weak }
    }

    package enum Limit: String, Sendable {
        case compute, network
        case idleLanes = "idle lanes"
        case unevenLanes = "uneven lanes"
        case memory = "sums, update"
    }

    package let outline: RunOutline
    package let layout: LaneLayout
    package let rates: NodeRates
    package let network: Network
    package let rows: [Row]

    /// `layout` has as many nodes as the run is to have.
    package init(_ outline: RunOutline, on layout: LaneLayout, _ rates: NodeRates, _ network: Network) {
        self.outline = outline
        self.layout = layout
        self.rates = rates
        self.network = network
        var counts = Array(sequence(first: 1) { $0 * 2 }.prefix { $0 < layout.nodes })
        counts.append(layout.nodes)
        func forecast(_ outline: RunOutline, nodes: Int) -> StepForecast {
            var layout = layout
            layout.nodes = nodes
            return StepForecast(outline, on: layout, rates, network)
        }
        let one = forecast(outline, nodes: 1)
        func point(_ outline: RunOutline, nodes: Int, share: Double) -> Point {
            let step = forecast(outline, nodes: nodes)
            return Point(
                step: step, tokensPerSecond: outline.tokensPerStep / step.seconds,
                efficiency: share * one.seconds / step.seconds)
        }
        rows = counts.map { nodes in
            var grown = outline.run.division
            grown.batch *= nodes
            grown.slices *= nodes
            let isPossible = nodes * layout.ranksPerNode <= outline.run.division.slices
            let strong = isPossible ? point(outline, nodes: nodes, share: 1 / Double(nodes)) : nil
            let weak = point(outline.with(grown), nodes: nodes, share: 1)
            let limit =
                strong.map { Self.limit($0.step, passes: one.passes / Double(nodes), one.memoryWork / Double(nodes)) }
                ?? Self.limit(weak.step, passes: one.passes, one.memoryWork)
            return Row(nodes: nodes, strong: strong, weak: weak, limit: limit)
        }
    }

    /// On as many nodes as the run is to have.
    package var chosen: Row { rows[rows.count - 1] }

    /// From so many nodes on, twice as many are less than a fifth faster with this batch.
    package var lastWorthwhile: Int? {
        zip(rows, rows.dropFirst()).first { row, next in
            guard let rate = row.strong?.tokensPerSecond else { return false }
            return next.strong.map { next.nodes == 2 * row.nodes && $0.tokensPerSecond < 1.2 * rate } ?? true
        }?.0.nodes
    }

    /// What a step takes beyond what it would, were it shared out evenly and nothing else.
    private static func limit(_ step: StepForecast, passes: Double, _ memoryWork: Double) -> Limit {
        let losses: [(seconds: Double, limit: Limit)] = [
            (step.waiting + step.agreements, .network),
            (step.passes - passes, step.idleLanes > 0 ? .idleLanes : .unevenLanes),
            (step.memoryWork - memoryWork, .memory),
        ]
        guard let worst = losses.max(by: { $0.seconds < $1.seconds }), worst.seconds > 0.02 * step.seconds else {
            return .compute
        }
        return worst.limit
    }
}
