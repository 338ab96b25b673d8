import ElectraSupport
import ElectraTraining

/// README.md of a fine-tuned model: what it was trained for, how, and how well it does.
struct FineTunedCard {
    let run: FineTuningConfiguration
    let results: SeedResults
    let labels: [String]

    var text: String {
        """
        ---
        library_name: transformers
        tags:
        - electra
        ---

        # ELECTRA, fine-tuned: \(run.task)

        Fine-tuned with electra-dist \(programVersion)\(labels.isEmpty ? "" : " to tell \(labelsInWords)").

        | score on the development set | |
        |---|---|
        \(scores)

        | setting | |
        |---|---|
        \(settings)

        """
    }

    private var labelsInWords: String {
        labels.prefix(12).map { "`\($0)`" }.joined(separator: ", ") + (labels.count > 12 ? " and others" : "")
    }

    private var scores: String {
        (results.best?.scores.named ?? []).map { "| \($0.name) | \(decimal($0.value, 4)) |" }.joined(separator: "\n")
    }

    private var settings: String {
        let keys = [
            "epochs", "batch", "learning_rate", "warmup", "steps", "layer_decay", "layer_decay_form", "weight_decay",
            "hidden_dropout", "max_length", "seed",
        ]
        return FineTuningConfiguration.fields.filter { keys.contains($0.key) }.map {
            "| \($0.key) | \($0.get(run).word) |"
        }.joined(separator: "\n")
    }
}
