/// What of a run file decides a step, beside its task.
package struct StepOptions: Sendable {
    package var seed: UInt64
    package var division: BatchDivision
    package var schedule: LearningRateSchedule
    package var optimizer: any OptimizerOptions
    package var clipping: GradientClipping
    package var wire = GradientWire.f32
    /// Of the learning rate, by the name of a parameter.
    package var rateScale: @Sendable (_ name: String) -> Double = { _ in 1 }

    package init(
        seed: UInt64, division: BatchDivision, schedule: LearningRateSchedule, optimizer: any OptimizerOptions,
        clipping: GradientClipping
    ) {
        self.seed = seed
        self.division = division
        self.schedule = schedule
        self.optimizer = optimizer
        self.clipping = clipping
    }
}

/// The gradient of all parameters together is scaled down to a norm where it is longer.
package struct GradientClipping: Sendable, Equatable {
    package var norm: Float = 1

    package static let fields: [ConfigurationField<Self>] = [
        .init("clipping_norm", \.norm, .notNegative, "longest gradient of both networks together; 0 for no clipping")
    ]

    package init() {}

    /// What a gradient of this norm is multiplied by.
    package func scale(ofNorm found: Double) -> Float {
        norm > 0 && found > Double(norm) ? Float(Double(norm) / found) : 1
    }
}
