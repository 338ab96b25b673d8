import ElectraModel

/// A lane on its way down the last backward pass of a step. A part of the networks that it leaves is added up with the lane's
/// earlier slices at once, and, when all lanes have left it, with their sums: a share of that by each of them.
final class LaneProgress<Parameters: AnyObject> {
    private let lane: Int
    private let order: BackwardOrder
    private let stack: GradientStack<Parameters>
    private let laneSums: LaneSums<Parameters>
    private let board: StageBoard
    private var isInLastPass = false
    private var hasLeft: [Bool]
    private var nextToAdd = 0

    init(
        lane: Int, _ order: BackwardOrder, _ stack: GradientStack<Parameters>, _ laneSums: LaneSums<Parameters>,
        _ board: StageBoard
    ) {
        self.lane = lane
        self.order = order
        self.stack = stack
        self.laneSums = laneSums
        self.board = board
        hasLeft = Array(repeating: false, count: order.stages.count)
        guard let last = stack.last else { return }
        for (passage, stage) in zip(last.passages, order.stageOfPassage) {
            guard let stage else { continue }
            passage.onVisit { [unowned self] in
                if isInLastPass { leave(stage) }
            }
        }
    }

    func begin() {
        for stage in hasLeft.indices { hasLeft[stage] = false }
        nextToAdd = 0
    }

    func beginLastPass() { isInLastPass = true }

    /// With what the pass did not come to.
    func end() {
        isInLastPass = false
        for stage in hasLeft.indices where !hasLeft[stage] { leave(stage) }
    }

    /// What is left to add up, when all lanes are at the end.
    func addRest() { while nextToAdd < hasLeft.count { addNext() } }

    private func leave(_ stage: Int) {
        precondition(!hasLeft[stage], "a backward pass came twice through stage \(stage)")
        hasLeft[stage] = true
        for elements in order.stages[stage] { stack.complete(elements) }
        board.leave(stage)
        // The rest waits until all lanes know which rows of the tables are touched.
        while nextToAdd < order.rest && board.isLeftByAll(nextToAdd) { addNext() }
    }

    private func addNext() {
        for elements in order.stages[nextToAdd] { laneSums.add(elements, lane: lane) }
        board.add(nextToAdd)
        nextToAdd += 1
    }
}
