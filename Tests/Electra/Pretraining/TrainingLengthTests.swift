import Foundation
import TestSupport
import Testing

@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// How long a run is and how long it warms up: as typed, as a share, as what fits a time.
@Suite struct TrainingLengthTests {
    typealias Options = [(key: String, value: ConfigurationValue)]

    private func resolve(_ options: Options, preset: String = "small", file: String? = nil) throws -> RunConfiguration {
        let place = try Workplace()
        let path = try file.map { try place.write("config.json", $0) }
        return try RunConfiguration.resolve(preset: preset, file: path, options: options)
    }

    @Test(arguments: [
        ("1%", 8000, 80), ("5%", 2000, 100), ("0.5%", 2000, 10), ("0%", 2000, 0), ("100%", 2000, 2000),
        // Never rounded to none.
        ("1%", 10, 1), ("0.0001%", 20, 1), ("10%", 1 << 30, 107_374_182), ("300", 2000, 300),
    ])
    func aWarmupIsStepsOrAShareOfThem(word: String, steps: Int, warmup: Int) throws {
        let warmupOption = ("warmup", ConfigurationValue(parsing: word))
        // In whatever order they come, and from whatever place.
        for options in [[warmupOption, ("steps", .integer(steps))], [("steps", .integer(steps)), warmupOption]] {
            let run = try resolve(options)
            #expect(run.schedule.warmup == warmup && run.steps == steps)
            // What is recorded is what it came to.
            #expect(run.json.contains("\"warmup\": \(warmup),"))
        }
        #expect(
            try resolve([("steps", .integer(steps))], file: "{\"warmup\": \(warmupOption.1.shown)}").schedule.warmup
                == warmup)
        #expect(try resolve([warmupOption], file: "{\"steps\": \(steps)}").schedule.warmup == warmup)
    }

    @Test func theLastWordOnTheWarmupCounts() throws {
        #expect(try resolve([("warmup", .integer(7))], file: #"{"warmup": "50%", "steps": 100}"#).schedule.warmup == 7)
        #expect(try resolve([("warmup", .text("5%"))], file: #"{"warmup": 70, "steps": 100}"#).schedule.warmup == 5)
        #expect(try resolve([("warmup", .text("5%")), ("warmup", .integer(9))]).schedule.warmup == 9)
    }

    @Test(arguments: ["-1%", "101%", "%", "five%", "nan%", "inf%", "5", "5 percent", "", "5%%"])
    func aShareThatIsNoneIsRefused(word: String) {
        let failure = #expect(throws: Failure.self) { try resolve([("warmup", .text(word))]) }
        #expect(failure?.description.contains("field warmup: expected a whole number of steps, or a share") == true)
    }

    @Test(arguments: [Int.max, -5, 0]) func aShareOfImpossibleStepsIsRefused(steps: Int) {
        let failure = #expect(throws: Failure.self) {
            try resolve([("warmup", .text("100%")), ("steps", .integer(steps))])
        }
        #expect(
            failure?.description.hasPrefix("steps \(steps): expected 1 to") == true, "\(failure?.description ?? "")")
    }

    @Test(arguments: [
        // Preset small, and what the rate gets to: 5e-4 x 8000 / (4 x 10000).
        (
            10_000, 8000,
            "a warm-up of 10000 steps in a run of 8000: the learning rate gets to 0.0001 at most, not to 0.0005"
        ),
        (8000, 8000, "to 0.00013 at most"), (8001, 8000, "at most"), (3000, 8000, "to 0.00031 at most"),
        (1, 2, "to 0.00025 at most"), (5, 4, "at most"),
        (2000, 8000, nil), (80, 8000, nil), (0, 8000, nil), (0, 2, nil), (10_000, 1_000_000, nil),
        // Such a run holds what was imported.
        (10_000, 1, nil), (0, 1, nil),
    ])
    func aWarmupThatKeepsTheRateLowIsNoted(warmup: Int, steps: Int, words: String?) throws {
        let run = try resolve([("warmup", .integer(warmup)), ("steps", .integer(steps))])
        #expect((run.schedule.noteOnWarmup == nil) == (words == nil), "\(run.schedule.noteOnWarmup ?? "")")
        if let words {
            #expect(run.schedule.noteOnWarmup?.contains(words) == true, "\(run.schedule.noteOnWarmup ?? "")")
        }
        // The highest rate is that of some step.
        let rates = (0..<min(steps, 10_000)).map { run.schedule.rate(at: $0) }
        if steps <= 10_000 { #expect(abs(run.schedule.highestRate - rates.max()!) < 1e-12) }
    }

    @Test(arguments: RunConfiguration.presetNames) func aPresetNeedsNoNote(name: String) throws {
        #expect(try RunConfiguration.preset(name).schedule.noteOnWarmup == nil)
    }

    // MARK: - A time

    private func budget(
        minutes: Double, step: Double, evaluatedSequence: Double = 0, save: Double = 0, measuring: Double = 0,
        _ run: RunConfiguration
    ) -> TimeBudget {
        TimeBudget(
            minutes: minutes,
            speed: .init(step: step, evaluatedSequence: evaluatedSequence, save: save, measuring: measuring), run: run)
    }

    private func resolved(_ budget: TimeBudget, _ options: Options = [], preset: String = "small") throws
        -> RunConfiguration
    {
        try resolve(budget.options + options, preset: preset)
    }

    @Test(arguments: RunConfiguration.presetNames, [1e-9, 1e-4, 0.01, 0.3, 5, 437, 1e6, .infinity])
    func aRunHasStepsAndAShorterWarmupWhateverTheSpeed(name: String, step: Double) throws {
        let preset = try RunConfiguration.preset(name)
        for minutes in [TimeBudget.minutes.lowerBound, 1, 15, 600, TimeBudget.minutes.upperBound] {
            let budget = budget(
                minutes: minutes, step: step, evaluatedSequence: step / 100, save: step / 3, measuring: 10 * step,
                preset)
            let run = try resolved(budget, preset: name)
            #expect(run.steps >= 2 && run.schedule.warmup >= 1 && run.schedule.warmup < run.steps)
            #expect(
                run.housekeeping.saveEvery <= run.steps && run.housekeeping.evaluateEvery <= run.steps
                    && run.housekeeping.logEvery <= run.steps)
            #expect(
                run.housekeeping.evaluationSequences >= 64
                    && run.housekeeping.evaluationSequences <= preset.housekeeping.evaluationSequences)
            #expect((budget.note != nil) == (run.steps < 200))
        }
    }

    /// What it comes to fits, and not a step less than fits. (The smallest run takes what it takes.)
    @Test(arguments: [0.02, 0.3, 1.7, 5], [2.0, 15, 120, 5000])
    func theTimeIsUsedUp(step: Double, minutes: Double) throws {
        let preset = try RunConfiguration.preset("small")
        let sequence = step / 3 / 128
        let budget = budget(minutes: minutes, step: step, evaluatedSequence: sequence, save: 0.5, measuring: 12, preset)
        let run = try resolved(budget)
        let stops = { (every: Int) in (Double(run.steps) / Double(every)).rounded(.up) }
        let seconds =
            12 + step * Double(run.steps) + stops(run.housekeeping.saveEvery) * 0.5 + stops(
                run.housekeeping.evaluateEvery)
            * Double(run.housekeeping.evaluationSequences) * sequence
        #expect(seconds <= 60 * minutes * 1.05 && seconds > 60 * minutes * 0.85, "\(run.steps) steps, \(seconds) s")
    }

    /// At the preset's own length the preset comes out.
    @Test(arguments: ["tiny", "small", "base"]) func aRunAsLongAsThePresetIsThePreset(name: String) throws {
        let preset = try RunConfiguration.preset(name)
        let run = try resolved(budget(minutes: (Double(preset.steps) + 0.5) / 60, step: 1, preset), preset: name)
        #expect(run == preset)
    }

    @Test func whatIsTypedGoesBefore() throws {
        let preset = try RunConfiguration.preset("small")
        let found = budget(minutes: 10, step: 1, preset)
        #expect(try resolved(found).schedule.warmup == 60)
        #expect(try resolved(found).housekeeping.saveEvery == 150)
        let run = try resolved(found, [("warmup", .integer(17)), ("save_every", .integer(33))])
        #expect(run.steps == 600 && run.schedule.warmup == 17 && run.housekeeping.saveEvery == 33)
        #expect(try resolved(found, [("warmup", .text("2%"))]).schedule.warmup == 12)
        // A share in a file is not what was typed, and yet was asked for.
        var shared = preset
        shared.schedule.warmupShare = 0.02
        let options = budget(minutes: 10, step: 1, shared).options
        #expect(try resolve(options, file: #"{"warmup": "2%"}"#).schedule.warmup == 12)
        // No evaluations stay none.
        var none = preset
        none.housekeeping.evaluateEvery = 0
        #expect(
            budget(minutes: 10, step: 1, evaluatedSequence: 5, none).options.contains {
                $0.key == "evaluate_every" && $0.value == .integer(0)
            })
        #expect(budget(minutes: 10, step: 1, evaluatedSequence: 5, none).steps == 600)
    }

    @Test func itSaysWhatItFound() throws {
        let found = budget(minutes: 15, step: 5.123, try RunConfiguration.preset("small"))
        #expect(
            found.line(try resolved(found))
                == "--minutes 15: a step takes 5.12 s here, so the run has 175 steps, 17 of them warm-up, also when it goes on"
        )
        #expect(found.note?.hasPrefix("note: 175 steps are too few") == true)
        let slow = budget(minutes: 0.5, step: 437, try RunConfiguration.preset("base"))
        #expect(
            slow.line(try resolved(slow)).hasPrefix("--minutes 0.5: a step takes 7:17 min here, so the run has 2 steps")
        )
    }
}
