import ElectraModel

/// The order in which a backward pass leaves the parts of the networks, and so the order in which their gradients are
/// complete. The forward pass needs parameters in the opposite one, which is a property of neither: a part that is left
/// earlier than expected waits, and no result depends on it.
///
/// Networks as they stand in the layout, main network first, as sampling passes no gradient on to the generator; each from its
/// head down. What is no passage, the embeddings first of all, is complete at the end.
struct BackwardOrder: Sendable {
    /// The elements of each stage. The last one is all the rest, which may lie in several places.
    let stages: [[Range<Int>]]
    /// Of each passage; nil for those that are not trained.
    let stageOfPassage: [Int?]

    /// Of passages in the order of their elements, of which the first `trained` are trained.
    init(_ passages: [Passage], trained: Int) {
        var networks: [String] = []
        for passage in passages where !networks.contains(passage.network) { networks.append(passage.network) }
        var stages: [[Range<Int>]] = []
        var stageOfPassage = [Int?](repeating: nil, count: passages.count)
        for network in networks {
            for (number, passage) in passages.enumerated().reversed()
            where passage.network == network && passage.elements.upperBound <= trained {
                stageOfPassage[number] = stages.count
                stages.append([passage.elements])
            }
        }
        var rest: [Range<Int>] = []
        var start = 0
        for elements in stages.joined().sorted(by: { $0.lowerBound < $1.lowerBound }) + [trained..<trained] {
            if start < elements.lowerBound { rest.append(start..<elements.lowerBound) }
            start = elements.upperBound
        }
        self.stages = stages + [rest]
        self.stageOfPassage = stageOfPassage
    }

    /// Where nobody waits for a part.
    init(allAtOnce count: Int) {
        stages = [[0..<count]]
        stageOfPassage = []
    }

    /// The last stage.
    var rest: Int { stages.count - 1 }
}

/// Blocks of the flat parameters that travel together.
struct Bucket: Sendable, Equatable {
    var blocks: Range<Int>
    /// With it, all its gradients are complete.
    var stage: Int
}

extension BackwardOrder {
    /// A quarter of a million parameters, or two blocks for each rank.
    static func fewestBlocks(ranks: Int) -> Int { max((1 << 18) / FlatBlocks.size, 2 * ranks) }

    /// In the order in which they are complete: what is left one after the other and lies side by side, up to so many blocks.
    func buckets(_ blocks: FlatBlocks, fewestBlocks: Int) -> [Bucket] {
        var stageOfBlock = [Int](repeating: 0, count: blocks.blocks)
        for (stage, ranges) in stages.enumerated() {
            for elements in ranges where !elements.isEmpty {
                for block in elements.lowerBound / FlatBlocks.size...(elements.upperBound - 1) / FlatBlocks.size {
                    stageOfBlock[block] = max(stageOfBlock[block], stage)
                }
            }
        }
        var runs: [Bucket] = []
        for (block, stage) in stageOfBlock.enumerated() {
            if let last = runs.last, last.stage == stage {
                runs[runs.count - 1].blocks = last.blocks.lowerBound..<block + 1
            } else {
                runs.append(Bucket(blocks: block..<block + 1, stage: stage))
            }
        }
        var buckets: [Bucket] = []
        for run in runs.enumerated().sorted(by: { ($0.element.stage, $0.offset) < ($1.element.stage, $1.offset) })
            .map(\.element)
        {
            if let last = buckets.last, last.blocks.count < fewestBlocks,
                last.blocks.lowerBound == run.blocks.upperBound || last.blocks.upperBound == run.blocks.lowerBound
            {
                let lower = min(last.blocks.lowerBound, run.blocks.lowerBound)
                let upper = max(last.blocks.upperBound, run.blocks.upperBound)
                buckets[buckets.count - 1] = Bucket(blocks: lower..<upper, stage: run.stage)
            } else {
                buckets.append(run)
            }
        }
        return buckets
    }
}
