package import ElectraKernels
public import ElectraTraining

/// Everything that decides what a run computes, and how it is kept. RUN/run.json holds it, resolved, all fields flat. Each
/// field is declared beside the code that it steers; here they become one run file.
public struct RunConfiguration: RunFile, Equatable {
    package var preset = "small"
    package var seed: UInt64 = 42
    package var networks = NetworkOptions()
    package var dropout = DropoutRates()
    package var masking = MaskingOptions()
    package var objective = ObjectiveOptions()
    package var division = BatchDivision()
    package var schedule = LearningRateSchedule()
    package var optimizerName = OptimizerName.adamw
    package var adam = AdamOptions()
    package var clipping = GradientClipping()
    package var precision = ProductPrecision.f32
    package var wire = GradientWire.f32
    package var housekeeping = Housekeeping()
    package var data = ""
    /// Empty for random ones.
    package var initialWeights = ""

    /// Every field of the run file, in the order in which it is written.
    package static let fields: [ConfigurationField<Self>] = {
        let division = BatchDivision.fields.map { $0.within(\Self.division) }
        let parts: [[ConfigurationField<Self>]] = [
            [
                .init("preset", \.preset, "the preset that the other fields started from"),
                .init("seed", \.seed, "decides initial weights, order of the data, masks, samples and dropout"),
            ],
            NetworkOptions.fields.map { $0.within(\.networks) },
            DropoutRates.fields.map { $0.within(\.dropout) },
            MaskingOptions.fields.map { $0.within(\.masking) },
            ObjectiveOptions.fields.map { $0.within(\.objective) },
            // In run files it stands apart from the rest of its owner.
            division.filter { $0.key == "batch" },
            LearningRateSchedule.fields.map { $0.within(\.schedule) },
            [
                .init(
                    "optimizer", \.optimizerName,
                    "adamw; or lamb, whose steps are as long as each tensor, for batches of thousands")
            ],
            AdamOptions.fields.map { $0.within(\.adam) },
            GradientClipping.fields.map { $0.within(\.clipping) },
            division.filter { $0.key != "batch" },
            [.init("precision", \.precision, "of the matrix products: f32, or bf16 or bf16x3 where the CPU has it")],
            GradientWire.fields.map { $0.within(\.wire) },
            Housekeeping.fields.map { $0.within(\.housekeeping) },
            [
                .init("data", \.data, "fingerprint of the data set; comes from it"),
                .init(
                    "initial_weights", \.initialWeights,
                    "fingerprint of the models named with --from-discriminator and --from-generator, or of the run of --from-run; comes from them"
                ),
            ],
        ]
        return parts.flatMap { $0 }
    }()

    package init() {}
}

/// By their names in run files.
package enum OptimizerName: String, CaseIterable, Sendable {
    case adamw, lamb
}

extension RunConfiguration {
    package var steps: Int { schedule.steps }

    package var optimizer: any OptimizerOptions {
        switch optimizerName {
        case .adamw: adam
        case .lamb: LambOptions(adam)
        }
    }

    package var optimizerState: [String] { type(of: optimizer).stateNames }

    var stepOptions: StepOptions {
        var options = StepOptions(
            seed: seed, division: division, schedule: schedule, optimizer: optimizer, clipping: clipping)
        options.wire = wire
        return options
    }
}
