import ArgumentParser
import ElectraOperations
import ElectraPretraining
import ElectraSupport
import ElectraTraining

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says how long a run will take on a cluster, and how many nodes are worth it.",
        discussion: """
            From rates that doctor measures on one node, a model of the step and what networks reach (docs/clusters.md). On a \
            node, with as many threads as the run will have there; then anywhere:

              electra-dist doctor --threads 32 --preset base --json > node.json
              electra-dist plan --preset base --nodes 16 --cores 32 --network 10gbit --doctor node.json

            Tables are for 1, 2, 4 ... nodes: with the batch as it is, and with one that grows with the nodes.
            """)

    @OptionGroup var measured: MeasuredRun

    @Option(help: ArgumentHelp("Nodes that the run is to have, at most.", valueName: "count"))
    var nodes = 8

    @Option(help: ArgumentHelp("Cores of a node, a lane on each.", valueName: "count"))
    var cores: Int

    @Option(
        help: ArgumentHelp("Ranks that share the cores of a node; one for each socket is usual.", valueName: "count"))
    var ranksPerNode = 1

    @Option(
        help: ArgumentHelp("What connects the nodes: 10gbit, 25gbit ...; edr, hdr, ndr.", valueName: "name"),
        completion: .list(Network.names))
    var network: String

    @Option(help: ArgumentHelp("What `doctor --json` printed on a node.", valueName: "file"), completion: .file())
    var doctor: String

    @Option(help: ArgumentHelp("Sequences in a step, over all ranks; the preset's if not given.", valueName: "count"))
    var batch: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...65_536).contains(nodes) else { throw ValidationError("--nodes \(nodes): expected 1 to 65536") }
        guard (1...4096).contains(cores) else { throw ValidationError("--cores \(cores): expected 1 to 4096") }
        guard ranksPerNode > 0, cores.isMultiple(of: ranksPerNode) else {
            throw ValidationError("--ranks-per-node \(ranksPerNode): expected a divisor of --cores \(cores)")
        }
    }

    func run() throws {
        try runCommand { () throws(Failure) in
            var run = try RunConfiguration.resolve(
                preset: measured.preset, file: nil, options: try measured.settings(batch: batch))
            run.networks.vocabularySize = measured.vocabularySize
            let layout = LaneLayout(nodes: nodes, ranksPerNode: ranksPerNode, lanesPerRank: cores / ranksPerNode)
            guard ranksPerNode <= run.division.slices else {
                throw .usage(
                    "--ranks-per-node \(ranksPerNode): more than the \(run.division.slices) slices that a step is divided into; "
                        + "use fewer, or a larger --batch and more --slices")
            }
            let forecast = ScalingForecast(
                RunOutline(run), on: layout, try NodeRates(report: doctor, run.precision), try Network(name: network))
            print(json ? forecast.json.pretty : forecast.text)
        }
    }
}
