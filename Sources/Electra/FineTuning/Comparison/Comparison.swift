package import Collectives
import ElectraHuggingFace
import ElectraSupport
package import ElectraTraining

/// What encoders are worth: each is fine-tuned on each task, and what comes of it stands in one table.
package struct Comparison: Sendable {
    package var tasks: [ComparedTask]
    package var models: [ComparedModel]
    /// OUTPUT: scores.md and scores.json, and OUTPUT/MODEL/TASK, as `FineTuning` leaves them.
    package var output: String
    package var seeds: [UInt64]
    /// Fields of all runs, by key; all else is the task's own.
    package var settings: [(key: String, value: ConfigurationValue)] = []

    package init(_ models: [ComparedModel], on tasks: [ComparedTask], output: String, seeds: [UInt64]) {
        self.models = models
        self.tasks = tasks
        self.output = output
        self.seeds = seeds
    }

    /// The folder of all that is made of a model.
    package func folder(of model: ComparedModel) -> String { "\(output)/\(model.name)" }

    /// All ranks call it together, and rank 0 has the table. What was done before is not done again; throws a `Failure` of
    /// kind `stoppedEarly` after a signal, with everything saved.
    package func run(over communicator: Communicator) throws -> ScoreTable {
        try communicator.requireSame(tasks.map(\.name).joined(separator: ", ")) { found in
            .badData(
                "\(Communicator.hostName): its tasks are others than those of rank 0 (\(found)); copy those to every host"
            )
        }
        // Before hours of training.
        try communicator.together {
            for model in models { _ = try HuggingFaceFolder(model.folder).tokenizer() }
        }
        var table = ScoreTable(models)
        for task in tasks {
            for model in models {
                if communicator.rank == 0 { print("\(task.name), \(model.name)") }
                let results = try FineTuning.run(request(task, model), over: communicator)
                try communicator.together {
                    guard communicator.rank == 0 else { return }
                    table.add(results, of: model, on: task)
                    try table.write(to: output)
                    print("")
                }
            }
        }
        return table
    }

    private func request(_ task: ComparedTask, _ model: ComparedModel) -> FineTuningRequest {
        var request = FineTuningRequest(
            task: task.task, model: model.folder, train: task.train, dev: task.dev,
            output: "\(folder(of: model))/\(task.name)")
        (request.metric, request.seeds, request.settings) = (task.metric, seeds, settings)
        return request
    }
}
