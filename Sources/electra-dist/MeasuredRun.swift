import ArgumentParser
import ElectraCorpus
import ElectraPretraining
import ElectraSupport
import ElectraTraining

/// The run that `benchmark` measures and `plan` foresees: a preset, and what differs from it.
struct MeasuredRun: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where all fields start.", valueName: "name"),
        completion: .list(RunConfiguration.presetNames))
    var preset = "small"

    @Option(
        help: ArgumentHelp(
            "Parts that a step is divided into; the preset's, or as many as fit the batch, if not given.",
            valueName: "count"))
    var slices: Int?

    @Option(help: ArgumentHelp("Pieces of the vocabulary.", valueName: "count"))
    var vocabularySize = 30_522

    @Option(
        help: "Precision of the matrix products: f32, or bf16 or bf16x3 where the CPU has it.", completion: .precision)
    var precision = "f32"

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets any field of the run; may be repeated.", valueName: "field=value"), completion: .field)
    var assignments: [String] = []

    func validate() throws {
        let sizes = VocabularyTrainer.sizes
        guard sizes.contains(vocabularySize) else {
            throw ValidationError(
                "--vocabulary-size \(vocabularySize): expected \(sizes.lowerBound) to \(sizes.upperBound)")
        }
    }

    /// What was typed, and goes before the preset's fields.
    func settings(batch: Int?) throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        var settings: [(key: String, value: ConfigurationValue)] = [("precision", .text(precision))]
        if let batch { settings.append(("batch", .integer(batch))) }
        if let slices { settings.append(("slices", .integer(slices))) }
        for assignment in assignments { settings.append(try fieldAssignment(assignment)) }
        return settings
    }
}
