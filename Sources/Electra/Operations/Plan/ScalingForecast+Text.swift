import ElectraKernels
import ElectraPretraining
package import ElectraSupport
import ElectraTraining
import Foundation

extension ScalingForecast {
    /// A table of nodes, then the run on as many as it is to have, in words.
    package var text: String {
        let (run, division) = (outline.run, outline.run.division)
        let ranks = counted(layout.ranksPerNode, "rank")
        var lines = [
            "preset \(run.preset), \(run.precision.rawValue), \(decimal(Double(outline.step.parameters) / 1e6, 1)) M parameters, "
                + "length \(run.networks.maxLength); a node: \(ranks) x \(counted(layout.lanesPerRank, "thread")); "
                + "network \(network.name)",
            "a lane: \(decimal(rates.operationsPerSecond / 1e9, 0)) GFLOP/s \(source)",
            "",
            "         batch \(division.batch) in \(division.slices) slices".padding(
                toLength: 53, withPad: " ", startingAt: 0)
                + "batch \(division.batch) x nodes",
            "nodes    step ms  waiting     tokens/s  efficiency      step ms     tokens/s  efficiency  limited by",
        ]
        lines += rows.map { row in
            let strong =
                row.strong.map {
                    String(
                        format: "%10.0f %8.0f %12.0f %10.1f %%", $0.step.seconds * 1000, $0.step.waiting * 1000,
                        $0.tokensPerSecond, 100 * $0.efficiency)
                } ?? "         -        -            -            -"
            return String(
                format: "%5d %@ %12.0f %12.0f %10.1f %%  %@", row.nodes, strong, row.weak.step.seconds * 1000,
                row.weak.tokensPerSecond, 100 * row.weak.efficiency, row.limit.rawValue)
        }
        return (lines + [""] + inWords + notes).joined(separator: "\n")
    }

    package var json: JSON {
        .object([
            ("preset", .text(outline.run.preset)), ("precision", .text(outline.run.precision.rawValue)),
            ("batch", .integer(outline.run.division.batch)), ("slices", .integer(outline.run.division.slices)),
            ("parameters", .integer(outline.step.parameters)), ("network", .text(network.name)),
            ("ranks_per_node", .integer(layout.ranksPerNode)), ("threads", .integer(layout.lanesPerRank)),
            ("memory_bytes", .number(outline.memory(on: layout).rounded())),
            (
                "rows",
                .list(
                    rows.map { row in
                        .object(
                            [("nodes", .integer(row.nodes)), ("limited_by", .text(row.limit.rawValue))]
                                + (row.strong.map { Self.fields("strong", $0) } ?? []) + Self.fields("weak", row.weak))
                    })
            ),
            ("notes", .list(notes.map { .text($0) })),
        ])
    }

    private static func fields(_ name: String, _ point: Point) -> [(key: String, value: JSON)] {
        [
            ("\(name)_step_seconds", .number(point.step.seconds)),
            ("\(name)_waiting_seconds", .number(point.step.waiting)),
            ("\(name)_exchange_seconds", .number(point.step.exchange)),
            ("\(name)_link_bytes", .number(point.step.linkBytes)),
            ("\(name)_tokens_per_second", .number(point.tokensPerSecond)),
            ("\(name)_efficiency", .number(point.efficiency)),
        ]
    }

    private var source: String {
        rates.preset.map { "in steps of preset \($0), as measured" }
            ?? "assumed in steps, from the measured rate of products"
    }

    private var inWords: [String] {
        let (nodes, step) = (chosen.nodes, chosen.point.step)
        let seconds = Double(outline.run.steps) * step.seconds
        func milliseconds(_ seconds: Double) -> String { decimal(seconds * 1000, 0) }
        let length = seconds < 172_800 ? "\(decimal(seconds / 3600, 1)) hours" : "\(decimal(seconds / 86_400, 1)) days"
        return [
            "\(counted(nodes, "node"))\(chosen.strong == nil ? ", batch x \(nodes)" : ""): a step takes \(milliseconds(step.seconds)) ms: passes \(milliseconds(step.passes)), "
                + "sums and update \(milliseconds(step.memoryWork)), waiting \(milliseconds(step.waiting)) for "
                + "\(milliseconds(step.exchange)) of exchange, agreements \(milliseconds(step.agreements))",
            "\(outline.run.steps) steps in \(length), \(decimal(seconds / 3600 * Double(nodes), 0)) node hours",
            "a node needs \(decimal(outline.memory(on: layout) / 1e9, 1)) GB of memory at most, and sends "
                + "\(decimal(step.linkBytes / 1e6, 0)) MB a step",
        ]
    }

    /// What is wasteful, with a remedy.
    package var notes: [String] {
        var notes: [String] = []
        let division = outline.run.division
        if chosen.strong == nil {
            notes.append(
                "note: \(layout.ranks) ranks are more than the \(division.slices) slices of this batch; a larger --batch and more "
                    + "--slices have one for each")
        } else if let note = SlicePlan.noteOnLanes(division, ranks: layout.ranks, threads: layout.lanesPerRank) {
            notes.append(note)
        }
        if let note = SlicePlan.noteOnSums(
            division, hosts: layout.nodes, ranksPerHost: layout.ranksPerNode, lanes: layout.lanesPerRank)
        {
            notes.append(note)
        }
        if let nodes = lastWorthwhile, nodes < layout.nodes {
            notes.append(
                "note: with more than \(counted(nodes, "node")) this batch is hardly faster; a larger --batch uses them (with "
                    + "--set optimizer=lamb where it is thousands)")
        } else if chosen.point.efficiency < 0.5 {
            notes.append(
                "note: less than half of what \(chosen.nodes) nodes could do; fewer nodes, a larger --batch or a faster "
                    + "network waste less")
        }
        if let memory = rates.memory, outline.memory(on: layout) > 0.9 * Double(memory) {
            notes.append(
                "note: a node has \(decimal(Double(memory) / 1e9, 0)) GB; fewer threads, a smaller --set micro_batch or more "
                    + "nodes need less on each")
        }
        if let measured = rates.preset, measured != outline.run.preset {
            notes.append(
                "note: rates were measured in steps of preset \(measured); electra-dist doctor --json --preset "
                    + "\(outline.run.preset) measures those of this one")
        }
        return notes
    }
}
