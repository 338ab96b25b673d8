import ArgumentParser
import Collectives
import ElectraFineTuning
import ElectraOperations
import ElectraSupport
import ElectraTraining

/// What `benchmark` measures in the place of pre-training, where it is given a task.
struct BenchmarkedTask: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Measure fine-tuning on this task instead, as finetune knows it, with --model and --train.",
            valueName: "task"), completion: .list(NamedTask.all.map(\.name)))
    var task: String?

    @Option(help: ArgumentHelp("The model to fine-tune.", valueName: "folder"), completion: .directory)
    var model: String?

    @Option(help: ArgumentHelp("The examples to fine-tune it on.", valueName: "file"), completion: .file())
    var train: String?

    @OptionGroup var columns: ColumnOptions

    /// nil where no task is asked for.
    func step(
        _ settings: [(key: String, value: ConfigurationValue)], maxLength: Int?, over communicator: Communicator
    ) throws -> (step: any MeasurableStep, title: String)? {
        guard let task else { return nil }
        try communicator.together {
            guard model != nil && train != nil else {
                throw Failure.usage("--task \(task): needs --model and --train, too")
            }
        }
        guard let model, let train else { return nil }
        var request = FineTuningRequest(task: task, model: model, train: train, dev: train, output: "")
        (request.settings, request.maxLength, request.columns) = (settings, maxLength, columns.chosen)
        return (try FineTuning.step(request, over: communicator), "fine-tuning on \(task)")
    }
}
