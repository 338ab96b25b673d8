import ElectraCorpus
import ElectraHuggingFace
import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining
import Foundation

/// README.md of an exported network: what it is, how to use it, what it was trained on and how well it does.
struct ModelCard {
    /// By which an export knows what another one wrote.
    static let signature = "Pre-trained with electra-dist"

    let run: RunFolder
    let checkpoint: RunCheckpoint
    let data: Manifest

    func text(for network: RunNetwork) throws(Failure) -> String {
        """
        ---
        library_name: transformers
        tags:
        - electra
        \(network == .discriminator ? "- replaced-token-detection" : "- fill-mask")
        ---

        # ELECTRA \(network.rawValue)

        \(introduction(network))

        ## Use

        ```python
        \(usage(network))
        ```

        ## Model

        \(table(sizes(network)))

        ## Training

        \(table(training))

        \(heldOut)

        Text: \(sources).

        The command, where DATA is this text, prepared, and RUN a new folder:

            \(try command())

        """
    }

    private func introduction(_ network: RunNetwork) -> String {
        let what =
            switch network {
            case .discriminator:
                "The discriminator of an ELECTRA pair: it tells, for every token of a text, whether it was replaced. "
                    + "Fine-tune it as you would BERT."
            case .generator:
                "The generator of an ELECTRA pair: a small masked language model. The discriminator beside it is the "
                    + "network to fine-tune."
            case .encoder:
                "A masked language model with ELECTRA's layers, trained as BERT. Fine-tune it as you would that."
            }
        return what + " \(Self.signature) \(Self.plain(run.starts().last?.version ?? programVersion))."
    }

    private func usage(_ network: RunNetwork) -> String {
        switch network {
        case .discriminator:
            """
            import torch
            from transformers import AutoTokenizer, ElectraForPreTraining

            tokenizer = AutoTokenizer.from_pretrained("discriminator")
            model = ElectraForPreTraining.from_pretrained("discriminator").eval()
            inputs = tokenizer("the quick brown fox ate over the lazy dog", return_tensors="pt")
            with torch.no_grad():
                replaced = model(**inputs).logits[0].sigmoid()
            for token, p in zip(tokenizer.convert_ids_to_tokens(inputs.input_ids[0]), replaced):
                print(f"{p:.3f} {token}")
            """
        case .generator, .encoder:
            """
            from transformers import pipeline

            fill = pipeline("fill-mask", model="\(network.rawValue)")
            for guess in fill("the quick brown fox [MASK] over the lazy dog"):
                print(f"{guess['score']:.3f} {guess['token_str']}")
            """
        }
    }

    private func sizes(_ network: RunNetwork) -> [(String, String)] {
        let configuration = checkpoint.configuration
        let sizes = configuration.networks.sizes(of: network)
        return [
            ("layers", "\(sizes.layers)"), ("hidden size", "\(sizes.hidden)"), ("attention heads", "\(sizes.heads)"),
            ("feed-forward size", "\(sizes.feedForward)"), ("embedding size", "\(sizes.embedding)"),
            ("vocabulary", "\(configuration.networks.vocabularySize) WordPieces, \(data.rules.name)"),
            ("longest sequence trained on", "\(data.maxLength) tokens"),
        ]
    }

    private var training: [(String, String)] {
        let configuration = checkpoint.configuration
        let schedule = configuration.schedule
        let perSequence = Double(data.train.tokens) / Double(max(data.train.sequences, 1))
        let tokens = Double(checkpoint.manifest.step * configuration.division.batch) * perSequence
        let initial =
            configuration.initialWeights.isEmpty ? "random" : "of other models, \(configuration.initialWeights)"
        return [
            ("steps", "\(checkpoint.manifest.step) of \(configuration.steps)"),
            ("batch", "\(configuration.division.batch) sequences"),
            (
                "tokens seen",
                "about " + (tokens < 1e6 ? "\(Int(tokens))" : String(format: "%.3g million", tokens / 1e6))
            ),
            ("learning rate", "\(schedule.peak), warm-up \(schedule.warmup) steps, \(schedule.form.words)"),
            ("masked", "\(configuration.masking.probability)"),
            ("objective", configuration.objective.name.rawValue),
            ("weights at the start", initial),
            ("preset", "\(configuration.preset), seed \(configuration.seed), \(configuration.precision.rawValue)"),
            (
                "parameters in all",
                "\(checkpoint.manifest.parameters), fingerprint \(checkpoint.manifest.fingerprint)"
            ),
        ]
    }

    /// What `evaluate` or the run itself measured, and how to read it.
    private var heldOut: String {
        guard let figures = run.heldOut(checkpoint) else { return "It was not evaluated on held-out text." }
        let m = figures.metrics
        let measured = [
            ("MLM loss", m.mlmLoss), ("MLM accuracy", m.maskedLMAccuracy), ("RTD loss", m.discLoss),
            ("RTD accuracy", m.discAccuracy), ("RTD AUC", m.discAUC), ("tokens replaced", m.replacedFraction),
            ("main network's loss", m[MainPrediction.loss.metric]),
            ("main network's accuracy", m[MainPrediction.loss.accuracy]),
        ]
        let rows = measured.filter { !$1.isNaN }.map { name, value in (name, String(format: "%.4f", value)) }
        let words = FiguresInWords(m, of: checkpoint.configuration).sentences.joined(separator: " ")
        return "Held-out text\(figures.otherText.map { ", of \(Self.plain($0))" } ?? "")"
            + "\(figures.step == checkpoint.manifest.step ? "" : ", after step \(figures.step)"):\n\n" + table(rows)
            + (words.isEmpty ? "" : "\n\n" + words)
    }

    private var sources: String {
        let bytes = data.sources.reduce(0) { $0 + $1.bytes }
        return Self.plain(data.sourceNames) + String(format: " (%.1f MB; ", Double(bytes) / 1e6)
            + "\(data.sizeInWords))"
    }

    /// What leads to the same bits. As it was typed it may be of a start that only went on, and names folders of whoever
    /// trained it.
    private func command() throws(Failure) -> String {
        let configuration = checkpoint.configuration
        var words = ["electra-dist pretrain --data DATA --run RUN --preset \(configuration.preset)"]
        if !configuration.initialWeights.isEmpty {
            words.append(
                configuration.initialWeights.hasPrefix("run ")
                    ? "--from-run BEFORE" : "[--from-discriminator DISCRIMINATOR] [--from-generator GENERATOR]")
        }
        let changed = try configuration.changedFields().map(\.key)
        for field in RunConfiguration.fields where !field.mayChange && field.key != "initial_weights" {
            // Where batch is named and slices are not, slices follow.
            guard changed.contains(field.key) || field.key == "slices" && changed.contains("batch") else { continue }
            words.append("--set \(field.key)=\(field.get(configuration).word)")
        }
        return Terminal.printable(words.joined(separator: " ").replacing("\n", with: " "))
    }

    private func table(_ rows: [(String, String)]) -> String {
        "| | |\n|---|---|\n" + rows.map { "| \($0) | \(Self.plain($1)) |" }.joined(separator: "\n")
    }

    /// Names of files and the like as Markdown that shows them (CommonMark 0.31, 2.4): no link, no HTML, no new paragraph.
    static func plain(_ text: String) -> String {
        var escaped = ""
        for scalar in Terminal.printable(text.replacing("\n", with: " ")).unicodeScalars {
            if "\\`*[]<>|&#!".unicodeScalars.contains(scalar) { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped
    }
}
