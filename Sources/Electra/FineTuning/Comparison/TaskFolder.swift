package import ElectraSupport

/// A folder of tasks, shaped as GLUE is: in it a folder for each, with examples to train on and examples to score.
package struct TaskFolder: Sendable {
    /// What the files of a task are called, and its folder: letters and digits of the name, in lower case.
    private struct Layout {
        let task: String
        var otherNames: [String] = []
        var train = ["train"]
        var dev = ["dev"]
        var metric: String?

        func isCalled(_ name: String) -> Bool {
            let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
            return plain == task || otherNames.contains(plain)
        }
    }

    /// In the order of the table. SQuAD's published scores are exact matches.
    private static let layouts = [
        Layout(task: "cola"), Layout(task: "sst2", otherNames: ["sst"]), Layout(task: "mrpc"),
        Layout(task: "stsb", otherNames: ["sts"]), Layout(task: "qqp"),
        Layout(task: "mnli", dev: ["dev_matched", "dev"]), Layout(task: "qnli"), Layout(task: "rte"),
        Layout(task: "wnli"), Layout(task: "boolq", dev: ["val", "dev"]),
        Layout(
            task: "conll2003", otherNames: ["conll03"], train: ["eng.train", "train"], dev: ["eng.testa", "dev"]),
        Layout(
            task: "squad", otherNames: ["squad1", "squad11"], train: ["train-v1.1", "train"],
            dev: ["dev-v1.1", "dev"], metric: "exact"),
        Layout(
            task: "squad2", otherNames: ["squad20"], train: ["train-v2.0", "train"], dev: ["dev-v2.0", "dev"],
            metric: "exact"),
    ]
    private static let suffixes = ["", ".tsv", ".jsonl", ".json", ".csv", ".txt", ".conll"]
    private static let packings = ["", ".gz", ".xz", ".bz2", ".zst"]

    package let tasks: [ComparedTask]
    /// What was passed over, and why.
    package let notes: [String]

    /// All tasks that are there, or those that `only` names.
    package init(_ path: String, only: [String] = []) throws(Failure) {
        let folders = try FileAccess.names(in: path).filter {
            !$0.hasPrefix(".") && FileAccess.kind(of: "\(path)/\($0)") == .folder
        }
        var known = Self.layouts.flatMap { layout in
            folders.filter(layout.isCalled).map { (name: $0, layout: layout) }
        }
        for word in only where !known.contains(where: { $0.layout.isCalled(word) }) {
            throw .usage("--only \(word): expected a task of \(path), which has \(Self.listed(known.map(\.name)))")
        }
        let unknown = folders.filter { name in !known.contains { $0.name == name } }
        if !only.isEmpty { known.removeAll { task in !only.contains(where: task.layout.isCalled) } }

        var (tasks, incomplete): ([ComparedTask], [String]) = ([], [])
        for (name, layout) in known {
            let folder = "\(path)/\(name)"
            let names = try FileAccess.names(in: folder)
            let (train, dev) = (Self.file(layout.train, of: names), Self.file(layout.dev, of: names))
            if let train, let dev {
                tasks.append(
                    ComparedTask(
                        name: name, task: layout.task, train: "\(folder)/\(train)", dev: "\(folder)/\(dev)",
                        metric: layout.metric))
            } else {
                let missing = train == nil ? layout.train[0] : layout.dev[0]
                incomplete.append(
                    "\(folder): no file \(missing), with .tsv, .jsonl or the like behind it, packed or not")
            }
        }
        guard !tasks.isEmpty else {
            throw .badData(
                incomplete.first.map { $0 + "; add it" }
                    ?? "\(path): expected folders of tasks, such as CoLA, SST-2 or MRPC, each with train.tsv and dev.tsv, "
                    + "found \(Self.listed(folders)); name the folder that holds those of the tasks")
        }
        var notes = incomplete.map { $0 + "; passed over" }
        if only.isEmpty && !unknown.isEmpty {
            notes.append("\(path): no task is called \(Self.listed(unknown)); passed over")
        }
        (self.tasks, self.notes) = (tasks, notes)
    }

    private static func file(_ stems: [String], of names: [String]) -> String? {
        let candidates = stems.flatMap { stem in
            suffixes.flatMap { suffix in packings.map { stem + suffix + $0 } }
        }
        return candidates.first(where: names.contains)
    }

    private static func listed(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(16).joined(separator: ", ") + (names.count > 16 ? ", ..." : "")
    }
}
