import ElectraHuggingFace
package import ElectraKernels
package import ElectraSupport
package import ElectraTraining

/// Everything that decides what a fine-tuning run computes, and how it is kept: run.json of one seed.
package struct FineTuningConfiguration: RunFile, Equatable {
    package var task = ""
    package var seed: UInt64 = 1
    package var epochs = 3.0
    package var maxLength = 128
    package var division = BatchDivision(batch: 32, slices: 0, microBatch: 0)
    package var schedule = LearningRateSchedule(peak: 0, warmup: 0, steps: 0)
    package var layerDecay = LayerDecay()
    package var adam: AdamOptions = {
        var adam = AdamOptions()
        // As in the paper (table 7); the reference's code has 0.01.
        adam.weightDecay = 0
        // The reference does without, and a run of a few hundred steps then begins with several times the rate that it says:
        // many end where they began (M. Mosbach et al., "On the stability of fine-tuning BERT", 2021).
        adam.correctsBias = true
        return adam
    }()
    package var clipping = GradientClipping()
    package var dropout = DropoutRates()
    package var headDropout: Float = 0.1
    package var precision = ProductPrecision.f32
    package var wire = GradientWire.f32
    package var housekeeping: Housekeeping = {
        var housekeeping = Housekeeping()
        housekeeping.keep = 1
        return housekeeping
    }()
    /// Of the encoder that it starts with, of the training examples as they were read, and of what is asked of them.
    package var model = ""
    package var data = ""

    package static let fields: [ConfigurationField<Self>] = {
        let division = BatchDivision.fields.map { $0.within(\Self.division) }
        let parts: [[ConfigurationField<Self>]] = [
            [
                .init("task", \.task, "kind of task, or a task by its name"),
                .init("seed", \.seed, "decides the head's initial weights, the order of the examples and dropout"),
                .init(
                    "epochs", \.epochs, Limits("above 0, up to 1000") { $0 > 0 && $0 <= 1000 },
                    "times that each example is seen"),
                .init("max_length", \.maxLength, 8...1 << 20, "longest sequence in tokens; the model may take less"),
            ],
            division.filter { $0.key == "batch" },
            LearningRateSchedule.fields.map { $0.within(\.schedule) },
            LayerDecay.fields.map { $0.within(\.layerDecay) },
            AdamOptions.fields.map { $0.within(\.adam) },
            GradientClipping.fields.map { $0.within(\.clipping) },
            DropoutRates.fields.map { $0.within(\.dropout) },
            [.init("head_dropout", \.headDropout, DropoutRates.rate, "dropout at the head")],
            division.filter { $0.key != "batch" },
            [.init("precision", \.precision, "of the matrix products: f32, or bf16 or bf16x3 where the CPU has it")],
            GradientWire.fields.map { $0.within(\.wire) },
            Housekeeping.fields.filter { housekeepingKeys.contains($0.key) }.map { $0.within(\.housekeeping) },
            [
                .init("model", \.model, "fingerprint of the model that it starts with; comes from it"),
                .init("data", \.data, "fingerprint of the training examples; comes from them"),
            ],
        ]
        return parts.flatMap { $0 }
    }()

    /// All development examples are scored, and a step that diverged ends the run.
    private static let housekeepingKeys = [
        "threads", "save_every", "evaluate_every", "log_every", "keep", "step_timeout",
    ]

    package static var commandName: String { "finetune" }
    package static var folderOption: String { "--output" }

    package init() {}

    package var steps: Int { schedule.steps }
    package var optimizerState: [String] { AdamOptions.stateNames }

    package mutating func complete() throws(Failure) {
        schedule.resolveShares()
        for field in Self.fields { try field.check(self) }
        try division.check()
    }

    func stepOptions(layers: Int) -> StepOptions {
        var options = StepOptions(
            seed: seed, division: division, schedule: schedule, optimizer: adam, clipping: clipping)
        options.wire = wire
        let decay = layerDecay
        options.rateScale = { decay.scale(ofParameter: $0, layers: layers) }
        return options
    }
}

/// The learning rate falls from the head to the embeddings, as what is further down knows more of language in general and
/// less of the task (K. Clark et al., 2020, table 7).
package struct LayerDecay: Sendable, Equatable {
    package var decay = 0.8
    package var form = Form.fixed

    package enum Form: String, Sendable, CaseIterable {
        /// From layer to layer, and from the top layer to the head.
        case fixed
        /// From the top layer to the head twice: the reference's, for a layer that it has no more (google-research/electra,
        /// issue 51). Its published scores are made with it.
        case reference
    }

    package static let fields: [ConfigurationField<Self>] = [
        .init(
            "layer_decay", \.decay, Limits("above 0, up to 1") { $0 > 0 && $0 <= 1 },
            "what the learning rate is multiplied by from a layer to the one below it"),
        .init("layer_decay_form", \.form, "fixed, or as in the reference, whose top layer has it squared"),
    ]

    package init() {}

    /// Embeddings and their projection lie at depth 0, layer i at i + 1, the head above the last one.
    package func scale(ofParameter name: String, layers: Int) -> Double {
        let head = layers + (form == .fixed ? 1 : 2)
        let depth: Int
        if let layer = name.firstRange(of: ".encoder.layer.") {
            depth = 1 + (Int(name[layer.upperBound...].prefix { $0 != "." }) ?? 0)
        } else {
            depth = name.contains(".electra.embeddings") ? 0 : head
        }
        return (0..<head - depth).reduce(1.0) { scale, _ in scale * decay }
    }
}
