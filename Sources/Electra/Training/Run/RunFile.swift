package import ElectraSupport

/// Everything that decides what a run computes: run.json, in the folder of the run and in its checkpoints.
package protocol RunFile: Sendable {
    /// Until the run ends.
    var steps: Int { get }
    /// What the optimiser remembers, by the names of its files in a checkpoint.
    var optimizerState: [String] { get }
    var json: String { get }

    static func read(from path: String) throws(Failure) -> Self
}

package let runFileName = "run.json"
