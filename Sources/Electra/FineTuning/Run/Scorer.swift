import Collectives
import ElectraTraining

/// A model's scores on labelled examples.
final class Scorer<Kind: TaskKind> {
    private let kind: Kind
    private let head: Kind.Head
    private let forward: ForwardRun<Kind.Head>

    init(_ kind: Kind, _ model: ModelState<FineTuningTask<Kind.Head>>, over communicator: Communicator) {
        self.kind = kind
        head = model.task.head
        forward = ForwardRun(model, over: communicator)
    }

    /// All ranks call it together, and all get the same.
    func scores(of split: FineTuningData<Kind>.Split) throws -> Metrics {
        kind.scores(
            try forward.outputs(of: split.encoded.examples), of: split.encoded, split.records, head)
    }
}
