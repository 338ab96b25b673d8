import Collectives
import ElectraCorpus
package import ElectraHuggingFace
import ElectraModel
package import ElectraSupport
package import ElectraTraining

/// A fine-tuned model in memory, to be asked for its predictions. Nothing of it changes, so all threads share it.
package final class FineTunedModel<Kind: TaskKind>: Predictor {
    private let kind: Kind
    private let head: Kind.Head
    private let tokenizer: TokenizerFiles
    private let state: ModelState<FineTuningTask<Kind.Head>>

    /// `head` is that of the folder. What is longer than `maxLength` tokens is cut; nil for what the folder says.
    package init(
        _ kind: Kind, _ head: Kind.Head, _ folder: HuggingFaceFolder, maxLength: Int?, pool: LanePool
    ) throws(Failure) {
        self.kind = kind
        self.head = head
        tokenizer = try folder.tokenizer()
        let task = FineTuningTask(
            tower: folder.tower, head: head,
            maximumLength: min(maxLength ?? tokenizer.maximumLength ?? .max, folder.configuration.maximumPositions),
            dropout: DropoutRates(hidden: 0, attention: 0), headDropout: 0)
        try folder.check(ParameterLayout { _ = task.parameters(&$0) }, prefix: task.tower.name)
        state = ModelState(task, .alone, pool: pool)
        _ = try folder.load(state.layout, prefix: task.tower.name, into: state.parameters.buffer) { _ in false }
        state.prepareWeights()
    }

    package var maximumLength: Int { state.task.maximumLength }

    package func predictions(ofFile path: String, scored: Bool) throws(Failure) -> Predictions {
        try predictions(of: kind.read(path, labelled: scored), scored: scored)
    }

    /// On all lanes. `scored` examples have labels.
    package func predictions(of records: [Kind.Record], scored: Bool) throws(Failure) -> Predictions {
        let encoded = try kind.encode(records, encoder, head, labelled: scored)
        let outputs: TaskOutputs
        do {
            outputs = try ForwardRun(state, over: .alone).outputs(of: encoded.examples)
        } catch {
            throw .software("\(error)")
        }
        var predictions = predictions(outputs, of: encoded, records)
        if scored { predictions.scores = kind.scores(outputs, of: encoded, records, head) }
        return predictions
    }

    private var encoder: SequenceEncoder {
        SequenceEncoder(tokenizer.vocabulary, tokenizer.rules, maximumLength: maximumLength)
    }

    private func predictions(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Kind.Window>, _ records: [Kind.Record]
    ) -> Predictions {
        var predictions = Predictions()
        predictions.list = kind.predictions(outputs, of: encoded, records, head)
        predictions.cut = encoded.cutRecords
        predictions.unknown = UnknownTally(encoded.examples.map(\.ids), tokenizer.vocabulary)
        return predictions
    }

    package func makeLinePredictor() -> any LinePredictor { Lines(self) }

    private final class Lines: LinePredictor {
        private let model: FineTunedModel
        private let encoder: SequenceEncoder
        private let lane: ForwardLane<Kind.Head>

        init(_ model: FineTunedModel) {
            self.model = model
            encoder = model.encoder
            lane = ForwardLane(model.state)
        }

        func predictions(of lines: [[UInt8]], after count: Int) -> Predictions {
            var records: [Kind.Record] = []
            var failure: Failure?
            do throws(Failure) {
                for (number, line) in lines.enumerated() {
                    let source = SourceLine(file: "standard input", line: count + number + 1)
                    try source.checkIsText(line)
                    if let record = try model.kind.read(line, from: source) { records.append(record) }
                }
            } catch {
                failure = error
            }
            var predictions = Predictions()
            do throws(Failure) {
                let encoded = try model.kind.encode(records, encoder, model.head, labelled: false)
                predictions = model.predictions(lane.outputs(of: encoded.examples), of: encoded, records)
                predictions.failure = failure
            } catch {
                predictions.failure = error
            }
            return predictions
        }
    }
}

extension SourceLine {
    /// As files of examples have to be.
    fileprivate func checkIsText(_ line: [UInt8]) throws(Failure) {
        guard String(validating: line, as: UTF8.self) != nil else { throw failure("not UTF-8; convert it with iconv") }
        guard !line.contains(0) else { throw failure("a byte of zero, which no text has; mend the line") }
    }
}
