/// A task that was found, with its files.
package struct ComparedTask: Sendable, Equatable {
    /// That of its folder.
    package let name: String
    /// Its name among `NamedTask.all`.
    package let task: String
    package let train: String
    package let dev: String
    /// The score that is compared; the task's own if nil.
    package let metric: String?

    package init(name: String, task: String, train: String, dev: String, metric: String? = nil) {
        self.name = name
        self.task = task
        self.train = train
        self.dev = dev
        self.metric = metric
    }
}
