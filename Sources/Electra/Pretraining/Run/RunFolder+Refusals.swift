package import ElectraCorpus
package import ElectraSupport
import ElectraTraining
import Foundation

/// Why a run does not go on with what a command asks for, and what leads there.
extension RunFolder {
    /// Only fields that do not touch the bits may differ from what the run was started with, and the end of a schedule that
    /// has not come to it.
    package func check(_ run: RunConfiguration, isStillAs started: RunConfiguration) throws(Failure) {
        let done = try checkpoints.steps().last ?? 0
        guard let field = run.firstDifference(from: started, upTo: done) else { return }
        if field.key == "initial_weights" {
            throw .usage(
                "\(path): this run started \(started.initialWeights.isEmpty ? "at random" : "from other weights"), and not from "
                    + "those of --from-discriminator and --from-generator, or --from-run; leave these out (it goes on from its checkpoints), or "
                    + "choose another --run")
        }
        // A warm-up that is a share of the steps follows them.
        var lengthened = started
        (lengthened.schedule.steps, lengthened.schedule.warmup) = (run.steps, run.schedule.warmup)
        lengthened.schedule.decaySteps = run.schedule.decaySteps
        if run.steps != started.steps, run.firstDifference(from: lengthened) == nil {
            throw refusal(ofSteps: run.steps, started)
        }
        throw .usage(
            "\(path): this run was started with \(field.words(started, not: run)); go on with what it was started with, or "
                + "choose another --run")
    }

    /// What `take` made of the data set when the run was started stands in its run file, where it may have been changed.
    package func check(_ started: RunConfiguration, fits data: DataSet) throws(Failure) {
        var expected = started
        try expected.take(data)
        guard started.networks.vocabularySize == expected.networks.vocabularySize else {
            throw .badData(
                "\(configurationPath): expected vocabulary_size \(expected.networks.vocabularySize), as its data have, found "
                    + "\(started.networks.vocabularySize): it was changed; copy the \(runFileName) of a checkpoint there"
            )
        }
    }

    /// A checkpoint holds the run file that it was made with, under its checksum.
    package func check(_ checkpoint: RunCheckpoint, isOf run: RunConfiguration) throws(Failure) {
        let done = checkpoint.manifest.step
        guard let field = checkpoint.configuration.firstDifference(from: run, upTo: done) else { return }
        throw .badData(
            "\(checkpoint.path): made with \(field.words(checkpoint.configuration, not: run)): \(configurationPath) was changed, "
                + "or this is a checkpoint of another run; if it is this run's, copy its \(runFileName) to "
                + "\(configurationPath), else move its folder elsewhere")
    }

    /// The learning rate of every step follows from their number.
    private func refusal(ofSteps steps: Int, _ started: RunConfiguration) -> Failure {
        let asked = "\(path): this run was started with steps \(started.steps), not \(steps), and its learning rate "
        if started.schedule.hasOpenEnd {
            return .usage(
                "\(path): this run was started with steps \(started.steps), not \(steps), and in the last "
                    + "\(started.schedule.decaySteps) of them the learning rate falls, which it did already: start a new run from a "
                    + "checkpoint before that, or leave --steps out")
        }
        guard steps > started.steps else {
            return .usage(
                asked
                    + "falls to zero over these; leave --steps out (it may be stopped at any step), or choose another "
                    + "--run for a shorter one")
        }
        return .usage(
            asked + "is zero there: it ends with them. To go on from what it learned, start a new run: "
                + "electra-dist pretrain --data DATA --run NEW --from-run \(Self.shellWord(path)) --steps \(steps - started.steps)"
        )
    }

    /// What a run that is asked to go on after its last step says.
    func finishedLine(_ run: RunConfiguration) -> String {
        "\(path) is finished: \(run.steps) of \(counted(run.steps, "step")). electra-dist evaluate and export take it from here; "
            + "to train on, start a new run from it (--from-run \(Self.shellWord(path)))"
    }

    /// `data` is not what the run was trained on.
    package func refusal(of data: DataSet, _ started: RunConfiguration) -> Failure {
        let place = placeOfData
        let manifest = try? trainedOn(started).1
        let difference = manifest.flatMap { data.manifest.difference(from: $0) }.map { ", \($0)" } ?? ""
        if place == Self.absolute(data.path) {
            return .usage(
                "\(path): this run was trained on what \(data.path) held before\(described(manifest)), and that was prepared "
                    + "anew since: it is now \(data.manifest.inWords)\(difference); prepare it as it was, or choose another --run"
            )
        }
        return .usage(
            "\(path): this run was trained on the data of \(place ?? "another folder")\(described(manifest)), and --data names "
                + "\(data.path) (\(data.manifest.inWords)\(difference)); go on with the data of the run, or choose another --run"
        )
    }

    /// What the run was trained on, where `data` is not that; nil where it is.
    func trainedOnOther(than data: DataSet, _ started: RunConfiguration) -> String? {
        if data.identity == started.data { return nil }
        return (placeOfData ?? "another folder") + described(try? trainedOn(started).1)
    }

    /// Where the data are, what they were made from, and their fingerprint.
    package func dataLine(_ started: RunConfiguration) -> String {
        let words = (try? trainedOn(started).1).map { $0.inWords + "; " } ?? ""
        return "\(placeOfData.map { $0 + ": " } ?? "")\(words)fingerprint \(started.data)"
    }

    private func described(_ manifest: Manifest?) -> String { manifest.map { " (\($0.inWords))" } ?? "" }
}

extension RunConfiguration {
    /// The first field that decided something else in the steps that are done.
    fileprivate func firstDifference(from other: Self, upTo done: Int) -> ConfigurationField<Self>? {
        var same = other
        if schedule.hasOpenEnd && schedule.isAs(other.schedule, upTo: done) {
            same.schedule.steps = steps
            same.schedule.decaySteps = schedule.decaySteps
        }
        return firstDifference(from: same)
    }
}

extension ConfigurationField<RunConfiguration> {
    /// "seed 7, not 8". Fingerprints say nothing to people.
    package func words(_ one: RunConfiguration, not other: RunConfiguration) -> String {
        ["data", "initial_weights"].contains(key)
            ? "other \(key)" : "\(key) \(get(one).shown), not \(get(other).shown)"
    }
}
