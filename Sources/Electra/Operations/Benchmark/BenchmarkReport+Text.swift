package import ElectraSupport
import ElectraTraining
import Foundation

extension BenchmarkReport {
    /// A table of the kinds of kernels, then the step as a whole.
    package var text: String {
        // Rows are means, which slow steps are a part of; so is what they are held against.
        let laneSeconds = meanSeconds * Double(threads)
        var lines = ["kernel                            ms a step   share  GFLOP/s     GB/s     calls"]
        func line(_ title: String, _ seconds: Double, _ rest: String = "") -> String {
            title.padding(toLength: 32, withPad: " ", startingAt: 0)
                + String(format: "%11.2f %6.1f %%", seconds * 1000, 100 * seconds / laneSeconds) + rest
        }
        func rate(_ amount: Double, _ seconds: Double) -> String {
            amount > 0 && seconds > 0 ? String(format: "%9.1f", amount / seconds * 1e-9) : "        -"
        }
        for row in rows where row.calls > 0 {
            lines.append(
                line(
                    row.title, row.seconds,
                    rate(row.operations, row.seconds) + rate(row.bytes, row.seconds)
                        + String(format: "%10.0f", row.calls)))
        }
        lines.append(line("all else, and waiting", laneSeconds - rows.reduce(0) { $0 + $1.seconds }))
        lines += [
            "",
            "\(title), \(precision), batch \(batch)\(length.map { ", length \($0)" } ?? ""); "
                + "\(counted(ranks, "rank")) x \(counted(threads, "thread")), \(counted(stepSeconds.count, "step"))",
            String(
                format: "step        %.1f ms (%.1f to %.1f)", medianSeconds * 1000, stepSeconds.min()! * 1000,
                stepSeconds.max()! * 1000),
            String(format: "tokens/s    %.0f", tokensPerSecond),
            String(
                format: "utilisation %.1f %% of %.1f GFLOP/s a lane, the rate of products measured in this run",
                100 * utilisation, productRate * 1e-9),
        ]
        if let peak = instructionPeak {
            lines.append(
                String(
                    format: "peak        %.1f %% of %.0f GFLOP/s a lane, what \(peak.unit) could do at %.2f GHz",
                    100 * share(ofRate: peak.operationsPerSecond), peak.operationsPerSecond * 1e-9,
                    peak.cyclesPerSecond * 1e-9))
        }
        lines.append(String(format: "resident    %.0f MB a rank", Double(residentBytes) * 1e-6))
        if let communication { lines.append(communication.text) }
        return lines.joined(separator: "\n")
    }

    package var json: JSON {
        .object(numbers + (communication?.fields ?? []))
    }

    private var numbers: [(key: String, value: JSON)] {
        [
            ("title", .text(title)), ("precision", .text(precision)), ("batch", .integer(batch)),
            ("length", length.map { .integer($0) } ?? .null), ("ranks", .integer(ranks)),
            ("threads", .integer(threads)),
            ("tokens_per_second", .number(tokensPerSecond)), ("median_step_seconds", .number(medianSeconds)),
            ("step_seconds", .list(stepSeconds.map { .number($0) })), ("utilisation", .number(utilisation)),
            ("instruction_peak", instructionPeak.map { .number($0.operationsPerSecond) } ?? .null),
            ("product_rates", .list(productRates.map { .number($0) })), ("resident_bytes", .integer(residentBytes)),
            (
                "kernels",
                .list(
                    rows.filter { $0.calls > 0 }.map {
                        [
                            "kernel": .text($0.title), "seconds": .number($0.seconds), "calls": .number($0.calls),
                            "operations": .number($0.operations), "bytes": .number($0.bytes),
                        ]
                    })
            ),
        ]
    }
}

extension CommunicationReport {
    /// Lines for people.
    fileprivate var text: String {
        let share = seconds > 0 ? 100 * hiddenSeconds / seconds : 0
        return String(
            format: "exchange    %.1f ms a step, %.0f %% of it while lanes compute; %.1f MB sent by a rank, "
                + "%.1f MB through a host's link\n"
                + "waiting     rank %d computes %.1f ms longer than the mean",
            seconds * 1000, share, Double(bytesSent) * 1e-6, Double(bytesBetweenHosts) * 1e-6, slowestRank,
            slowestLag * 1000)
    }
}
