package import ElectraCorpus
package import ElectraSupport
package import ElectraTraining

/// A fine-tuned model of whatever kind of task.
package protocol Predictor: AnyObject, Sendable {
    /// Of the longest sequence, in tokens.
    var maximumLength: Int { get }

    /// All examples of a file; where they are to be scored, each needs a label.
    func predictions(ofFile path: String, scored: Bool) throws(Failure) -> Predictions
    /// For the lines of standard input; one for each thread.
    func makeLinePredictor() -> any LinePredictor
}

/// Not Sendable: it has the memory of one thread.
package protocol LinePredictor: AnyObject {
    /// Of some lines, `count` lines from the first. A line that holds no example is the failure, and the last one looked at.
    func predictions(of lines: [[UInt8]], after count: Int) -> Predictions
}

/// What a model says of some examples.
package struct Predictions: Sendable {
    package var list: [Prediction] = []
    /// Examples that were longer than the model takes, or was told to.
    package var cut = 0
    package var unknown = UnknownTally()
    package var scores: Metrics?
    package var failure: Failure?

    package init() {}
}
