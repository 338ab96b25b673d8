package import ElectraTraining

/// What `finetune` is asked for.
package struct FineTuningRequest: Sendable {
    /// A kind of task, or a task by its name.
    package var task: String
    package var columns = ChosenColumns()
    /// The folder of the model to start with.
    package var model: String
    package var train: String
    package var dev: String
    /// Examples for the best model to predict; nil for none.
    package var test: String?
    package var output: String
    package var seeds: [UInt64] = [1]
    /// Of sequences, in tokens; the task's own if not given.
    package var maxLength: Int?
    /// Tokens that windows have in common, likewise.
    package var stride: Int?
    /// The score that decides, likewise.
    package var metric: String?
    /// Fields of the run, by key.
    package var settings: [(key: String, value: ConfigurationValue)] = []

    package init(task: String, model: String, train: String, dev: String, output: String) {
        self.task = task
        self.model = model
        self.train = train
        self.dev = dev
        self.output = output
    }
}
