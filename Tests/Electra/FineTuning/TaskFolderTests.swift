import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Tasks are known by their folders, and models are called by the ends of their paths.
@Suite struct TaskFolderTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func write(_ names: String...) throws { for name in names { try place.write("tasks/\(name)", "") } }

    private func refusal(_ kind: Failure.Kind, only: [String] = []) throws -> String {
        let failure = try #require(throws: Failure.self) { _ = try TaskFolder(place.file("tasks"), only: only) }
        #expect(failure.kind == kind)
        return failure.description.replacing(place.path + "/", with: "")
    }

    /// "SST-2 as sst2: train.tsv, dev.tsv".
    private func tasks(only: [String] = []) throws -> [String] {
        try TaskFolder(place.file("tasks"), only: only).tasks.map { task in
            let folder = "\(place.file("tasks"))/\(task.name)/"
            #expect(task.train.hasPrefix(folder) && task.dev.hasPrefix(folder))
            return
                "\(task.name) as \(task.task): \(task.train.dropFirst(folder.count)), \(task.dev.dropFirst(folder.count))"
        }
    }

    @Test func tasksComeInTheOrderOfTheTable() throws {
        try write("WNLI/train.tsv", "WNLI/dev.tsv", "SST-2/train.tsv", "SST-2/dev.tsv", "SST-2/test.tsv")
        try write("cola/train.csv.gz", "cola/dev.jsonl.zst", "STS-B/train.tsv", "STS-B/dev.tsv", ".hidden/train.tsv")
        try write("MNLI/train.tsv", "MNLI/dev_mismatched.tsv", "MNLI/dev_matched.tsv")
        try write("BoolQ/train.jsonl", "BoolQ/val.jsonl", "readme.txt")
        try write("conll-2003/eng.train.xz", "conll-2003/eng.testa.xz", "conll-2003/eng.testb.xz")
        try write("SQuAD-1.1/train-v1.1.json", "SQuAD-1.1/dev-v1.1.json.xz", "squad_v2/x", "SQuAD 2.0/train-v2.0.json")
        try write("SQuAD 2.0/dev-v2.0.json")
        #expect(
            try tasks() == [
                "cola as cola: train.csv.gz, dev.jsonl.zst", "SST-2 as sst2: train.tsv, dev.tsv",
                "STS-B as stsb: train.tsv, dev.tsv", "MNLI as mnli: train.tsv, dev_matched.tsv",
                "WNLI as wnli: train.tsv, dev.tsv", "BoolQ as boolq: train.jsonl, val.jsonl",
                "conll-2003 as conll2003: eng.train.xz, eng.testa.xz",
                "SQuAD-1.1 as squad: train-v1.1.json, dev-v1.1.json.xz",
                "SQuAD 2.0 as squad2: train-v2.0.json, dev-v2.0.json",
            ])
        #expect(try tasks(only: ["sts-b", "CoLA"]).map { $0.prefix(4) } == ["cola", "STS-"])
        for task in try TaskFolder(place.file("tasks")).tasks {
            _ = try NamedTask.find(task.task)
            #expect(task.metric == (task.task.hasPrefix("squad") ? "exact" : nil))
        }
    }

    @Test func whatIsPassedOverIsNamed() throws {
        try write("RTE/train.tsv", "RTE/dev.tsv", "QQP/train.tsv", "AX/diagnostic.tsv", "SNLI/train.tsv")
        let folder = try TaskFolder(place.file("tasks"))
        #expect(folder.tasks.map(\.name) == ["RTE"])
        #expect(
            folder.notes.map { $0.replacing(place.path + "/", with: "") } == [
                "tasks/QQP: no file dev, with .tsv, .jsonl or the like behind it, packed or not; passed over",
                "tasks: no task is called AX, SNLI; passed over",
            ])
        #expect(try TaskFolder(place.file("tasks"), only: ["rte"]).notes == [])
        #expect(
            try refusal(.badData, only: ["QQP"])
                == "tasks/QQP: no file dev, with .tsv, .jsonl or the like behind it, packed or not; add it")
        #expect(try refusal(.usage, only: ["RTA"]) == "--only RTA: expected a task of tasks, which has QQP, RTE")
    }

    @Test func aFolderWithoutTasksIsRefused() throws {
        try write("train.tsv")
        let expected =
            "tasks: expected folders of tasks, such as CoLA, SST-2 or MRPC, each with train.tsv and dev.tsv, found "
        let remedy = "; name the folder that holds those of the tasks"
        #expect(try refusal(.badData) == expected + "none" + remedy)
        try write("poems/train.tsv")
        #expect(try refusal(.badData) == expected + "poems" + remedy)
    }

    @Test func modelsAreCalledByTheEndsOfTheirPaths() throws {
        func names(_ paths: String...) throws -> [String] { try ComparedModel.named(paths).map(\.name) }
        #expect(
            try names("/a/small", "/a/base/", "/b/small", "/c/b/small") == ["small", "base", "b-small", "c-b-small"])
        #expect(try names("/a/small/discriminator", "/a/base/discriminator", "/b/base") == ["small", "base", "b-base"])
        #expect(try names("/a/run/checkpoints/step-00000020", "/a/run") == ["step-00000020", "run"])
        for twice in [["/a/small", "/a/../a/small/"], ["/a/small", "/a/small/discriminator"], ["small", "./small"]] {
            let failure = try #require(throws: Failure.self) { _ = try ComparedModel.named(twice) }
            #expect(failure.description.hasPrefix("\(twice[1]): expected models that differ, found this one twice"))
        }
    }
}
