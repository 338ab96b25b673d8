import ElectraKernels
import ElectraSupport

// The report for a person: a column of names, a column of facts.
extension DoctorReport {
    package var text: String {
        var lines = ["electra-dist \(version)", ""]
        lines += describeRanks()
        lines += describeMachines()
        lines += describeLibraries()
        lines.append("")
        lines += describeSpeed()
        lines += describeCommunication()
        lines.append("")
        lines += describeFindings()
        return lines.joined(separator: "\n")
    }

    private func describeRanks() -> [String] {
        let hosts = hosts
        var lines: [String] = []
        let started = launch.isDistributed ? "" : ", started without mpirun or srun"
        lines.append(row("ranks", "\(ranks.count) on \(counted(hosts.count, "host"))\(started)"))
        for host in hosts {
            let numbers = host.ranks.count == 1 ? "rank \(host.ranks[0])" : "ranks \(Self.ranges(host.ranks))"
            let usable = "\(host.cores.count) of \(counted(host.machine.coresOfHost, "core")) usable"
            lines.append(row("", "\(host.name): \(numbers); \(usable)\(limit(of: host))"))
            // Bound ranks see parts of them.
            let parts = host.ranks.map { ranks[$0].machine.cores }
            if parts.contains(where: { $0.count < host.cores.count }) {
                let places = zip(host.ranks, parts).prefix(16).map { "rank \($0) on \(Self.ranges($1))" }
                let more = host.ranks.count > 16 ? ", ..." : ""
                lines.append(row("", "  bound to cores: " + places.joined(separator: ", ") + more))
            }
        }
        return lines
    }

    private func limit(of host: Host) -> String {
        host.machine.coreLimit.map { ", limited to the time of \(decimal($0, 1))" } ?? ""
    }

    private func describeMachines() -> [String] {
        let hosts = hosts
        var lines: [String] = []
        for (value, names) in Self.grouped(hosts, { $0.machine.processor.summary }) {
            lines.append(row(lines.isEmpty ? "CPU" : "", value + Self.suffix(names, of: hosts)))
        }
        for (index, host) in hosts.enumerated() {
            let name = hosts.count > 1 ? "\(host.name): " : ""
            let pages = host.machine.hugePages.map { "; huge pages: \($0)" } ?? ""
            let free = "\(Self.gigabytes(host.machine.memoryAvailable)) free of \(Self.gigabytes(host.machine.memory))"
            lines.append(row(index == 0 ? "memory" : "", name + free + pages))
        }
        for (index, host) in hosts.enumerated() {
            guard let load = load(of: host) else { continue }
            let name = hosts.count > 1 ? "\(host.name): " : ""
            let stolen = load.stolen > 0 ? "; \(decimal(100 * load.stolenShare, 1)) % stolen by the hypervisor" : ""
            lines.append(
                row(
                    index == 0 ? "load" : "",
                    "\(name)\(decimal(load.others, 1)) of \(counted(host.machine.coresOfHost, "core")) busy with other "
                        + "programs\(stolen)"))
        }
        return lines
    }

    private func describeLibraries() -> [String] {
        let hosts = hosts
        let unused = launch.isDistributed ? "" : " (not in use: a single rank needs none)"
        var lines = [row("MPI", launch.mpiLibrary + unused)]
        let described = Self.grouped(hosts) { host in
            let library = ranks[host.ranks[0]].matrixLibrary
            let openBLAS =
                library.oneDNNHasAVX512 ? "\(library.version), not in use" : counted(library.threads, "thread")
            return "\(library.summary); \(openBLAS)"
        }
        for (index, entry) in described.enumerated() {
            lines.append(row(index == 0 ? "BLAS" : "", entry.value + Self.suffix(entry.names, of: hosts)))
        }
        return lines
    }

    private func describeSpeed() -> [String] {
        func figures(_ spread: (minimum: Double, median: Double, maximum: Double), _ unit: String) -> String {
            if ranks.count == 1 { return "\(decimal(spread.median, 0)) \(unit)" }
            return "\(decimal(spread.median, 0)) \(unit) a rank (\(decimal(spread.minimum, 0)) to "
                + "\(decimal(spread.maximum, 0)))"
        }
        let how = ranks.count == 1 ? ", one thread" : ", one thread, all ranks at once"
        let products = figures(spread(of: \.gigaflopsPerSecond), "GFLOP/s")
        let bandwidth = figures(spread(of: \.memoryGigabytesPerSecond), "GB/s")
        // Of some ranks only, it is of no use to any: all compute in the same precision.
        let hasBFloat16 = ranks.allSatisfy { $0.bfloat16GigaflopsPerSecond != nil }
        let bfloat16 = figures(spread { $0.bfloat16GigaflopsPerSecond ?? 0 }, "GFLOP/s")
        let units = Set(ranks.compactMap(\.matrixLibrary.bfloat16Unit)).sorted()
        let by = units.isEmpty ? "" : " by \(units.joined(separator: " and "))"
        return [
            row("speed", products + " in matrix products" + how),
            row(
                "",
                hasBFloat16 ? bfloat16 + " in bf16\(by) (--precision bf16)" : "no bf16: --precision bf16 goes on in f32"
            ),
        ] + describeTraining(figures) + [
            row("bandwidth", bandwidth + " of memory" + how)
        ]
    }

    /// Of each precision, where all ranks had the memory for it.
    private func describeTraining(
        _ figures: ((minimum: Double, median: Double, maximum: Double), String) -> String
    ) -> [String] {
        guard ranks.allSatisfy({ $0.training != nil }), let first = ranks.first?.training else { return [] }
        return first.map { rate in
            func reached(_ rank: Rank) -> Double {
                rank.training?.first { $0.precision == rate.precision }?.gigaflopsPerSecond ?? 0
            }
            return row(
                "",
                figures(spread(of: reached), "GFLOP/s") + " in steps of preset \(rate.preset), \(rate.precision), "
                    + "\(counted(launch.threads, "thread"))\(launch.threads == 1 ? "" : ", each of them")")
        }
    }

    private func describeCommunication() -> [String] {
        guard let communication else { return [row("network", "nothing to measure with one rank")] }
        func speed(_ milliseconds: Double) -> String {
            let rate = Double(communication.bytes) / 1e6 / max(milliseconds, 1e-6)
            return "\(decimal(milliseconds, 1)) ms, \(decimal(rate, 2)) GB/s"
        }
        let size = "\(communication.bytes / 1_000_000) MB"
        let halves =
            "reduce-scatter \(decimal(communication.reduceScatterMilliseconds, 1)) ms, all-gather "
            + "\(decimal(communication.allGatherMilliseconds, 1)) ms"
        return [
            row(
                "gradients",
                "\(size) (preset small) summed over all ranks\(launch.slices.map { ", in \($0) slices" } ?? ""):"),
            row("", "  \(speed(communication.pairMilliseconds)) as training does it (\(halves))"),
            row("", "  \(speed(communication.allReduceMilliseconds)) with MPI_Allreduce, for comparison"),
            row("barrier", "\(decimal(communication.barrierMicroseconds, 1)) microseconds"),
        ] + describeLinks(communication)
    }

    private func describeLinks(_ communication: Communication) -> [String] {
        let links = (communication.links ?? []).sorted { $0.gigabytesPerSecond < $1.gigabytesPerSecond }
        guard let slowest = links.first else { return [] }
        let median = links[links.count / 2].gigabytesPerSecond
        return [
            row(
                "links",
                "\(decimal(median, 2)) GB/s from one host to another; slowest \(decimal(slowest.gigabytesPerSecond, 2)), "
                    + "\(ranks[slowest.one].machine.host) and \(ranks[slowest.other].machine.host)")
        ]
    }

    private func describeFindings() -> [String] {
        let findings = findings
        if findings.isEmpty { return ["What is wrong: nothing found."] }
        return ["What is wrong:"] + findings.map { "* \($0.problem). Remedy: \($0.remedy)." }
    }

    private func row(_ name: String, _ fact: String) -> String {
        name + String(repeating: " ", count: max(13 - name.count, 1)) + fact
    }
}

extension Processor {
    /// As "AMD EPYC (AVX2, AVX-512, bf16)".
    package var summary: String {
        var names: [String] = []
        if hasAVX2 { names.append("AVX2") }
        if hasAVX512 { names.append("AVX-512") }
        if features.contains("avx512_bf16") { names.append("AVX-512 bf16") }
        if features.contains("amx_bf16") { names.append("AMX bf16") }
        if features.contains("asimd") { names.append("NEON") }
        if features.contains("sve") { names.append("SVE") }
        return "\(model) (\(names.isEmpty ? "no vector features known here" : names.joined(separator: ", ")))"
    }
}

extension MatrixLibrary {
    /// What multiplies: hosts that differ in it may differ in bits.
    package var summary: String {
        let level =
            switch vectorLevel {
            case .avx512: " (AVX-512)"
            case .avx2: " (AVX2)"
            case .older: " (without AVX2)"
            case nil: ""
            }
        return oneDNNHasAVX512 ? "oneDNN \(oneDNN)\(level)" : "\(version), \(kernel) kernels\(level); oneDNN \(oneDNN)"
    }
}

extension DoctorReport {
    static func gigabytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1e9, 1) + " GB" }

    /// Of ascending numbers: "0-3+8".
    package static func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let words = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        return words.joined(separator: "+")
    }

    /// Hosts that have something in common, in order.
    private static func grouped(_ hosts: [Host], _ property: (Host) -> String) -> [(value: String, names: [String])] {
        var groups: [(value: String, names: [String])] = []
        for host in hosts {
            let value = property(host)
            if let index = groups.firstIndex(where: { $0.value == value }) {
                groups[index].names.append(host.name)
            } else {
                groups.append((value, [host.name]))
            }
        }
        return groups
    }

    /// " on a, b" where not all hosts have it.
    private static func suffix(_ names: [String], of hosts: [Host]) -> String {
        names.count == hosts.count ? "" : " on " + names.joined(separator: ", ")
    }
}
