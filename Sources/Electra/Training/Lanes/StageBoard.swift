/// How far the lanes of a rank are in a backward pass: what of it all have left, and what all have added up.
final class StageBoard: @unchecked Sendable {
    // Unchecked: all mutable state is guarded by `monitor`.
    private let monitor = Monitor()
    private let lanes: Int
    private var left: [Int]
    private var added: [Int]
    private var firstNotAdded = 0

    init(stages: Int, lanes: Int) {
        self.lanes = lanes
        left = Array(repeating: 0, count: stages)
        added = left
    }

    /// Before each pass.
    func reset() {
        monitor.locked {
            for stage in left.indices { (left[stage], added[stage]) = (0, 0) }
            firstNotAdded = 0
        }
    }

    func leave(_ stage: Int) { monitor.locked { left[stage] += 1 } }

    func isLeftByAll(_ stage: Int) -> Bool { monitor.locked { left[stage] == lanes } }

    /// A lane has added up its share of it.
    func add(_ stage: Int) {
        monitor.locked {
            added[stage] += 1
            while firstNotAdded < added.count && added[firstNotAdded] == lanes { firstNotAdded += 1 }
        }
    }

    /// So many of the first stages are the rank's sums.
    var stagesAdded: Int { monitor.locked { firstNotAdded } }
}
