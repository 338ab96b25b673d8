package import ElectraSupport

/// Everything that decides what a run computes: run.json, in the folder of the run and in its checkpoints. Its fields are
/// declared one by one, each beside the code that it steers; the file has them flat, by key.
package protocol RunFile: Sendable {
    /// In the order in which they are written.
    static var fields: [ConfigurationField<Self>] { get }
    /// The command that lists them.
    static var commandName: String { get }
    /// What that names the folder of a run with.
    static var folderOption: String { get }
    /// Until the run ends.
    var steps: Int { get }
    /// What the optimiser remembers, by the names of its files in a checkpoint.
    var optimizerState: [String] { get }

    /// With all defaults.
    init()
    /// What a field of files of before is called now, and its value.
    static func current(_ key: String, _ value: ConfigurationValue) -> (key: String, value: ConfigurationValue)
    /// Works out what follows from other fields, and refuses what cannot work, with the reason. Called once all fields are
    /// set, as a file has them in any order.
    mutating func complete() throws(Failure)
}

package let runFileName = "run.json"
