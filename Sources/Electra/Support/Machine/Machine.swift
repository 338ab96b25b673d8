import Glibc

/// What a rank finds where it runs: the host and the part of it that this process may use.
package struct Machine: Codable, Sendable, Equatable {
    package var host: String
    package var processor: Processor
    /// The numbers of the cores that this process may run on.
    package var cores: [Int]
    /// Without the binding of mpirun, which a rank may take back: the cores of mpirun itself.
    package var coresInReach: [Int]
    /// What made them so few, where they are few.
    package var coreSource: CoreSource
    /// How many the host has.
    package var coresOfHost: Int
    /// How many cores' worth of time a container may use (cgroup v2); nil for no limit.
    package var coreLimit: Double?
    /// In bytes; of a container with a limit, that of the container.
    package var memory: Int
    package var memoryAvailable: Int
    /// "always", "madvise" (the programs that ask for it) or "never"; nil where the system does not say.
    package var hugePages: String?

    package init(
        host: String, processor: Processor, cores: [Int], coresInReach: [Int]? = nil, coreSource: CoreSource = .outside,
        coresOfHost: Int, coreLimit: Double? = nil, memory: Int, memoryAvailable: Int, hugePages: String?
    ) {
        self.host = host
        self.processor = processor
        self.cores = cores
        self.coresInReach = coresInReach ?? cores
        self.coreSource = coreSource
        self.coresOfHost = coresOfHost
        self.coreLimit = coreLimit
        self.memory = memory
        self.memoryAvailable = memoryAvailable
        self.hugePages = hugePages
    }

    package static func read(host: String) -> Machine {
        let information = SystemFile.text("/proc/meminfo")
        let group = ControlGroup(ControlGroup.path(in: SystemFile.text("/proc/self/cgroup")))
        let available = min(bytes("MemAvailable", in: information), group.memoryAvailable ?? .max)
        let cores = CoreMask.now
        let isBound = Launcher(environment: environmentVariable).isBinding
        let inReach = isBound ? Launcher.cores() ?? cores : cores
        return Machine(
            host: host, processor: .read(), cores: cores, coresInReach: inReach,
            coreSource: CoreSource(
                cores: cores, inReach: inReach, openMPBinds: !CoreMask.placesOfOpenMP.isEmpty,
                environment: environmentVariable),
            coresOfHost: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1),
            coreLimit: group.cores, memory: min(bytes("MemTotal", in: information), group.memory ?? .max),
            memoryAvailable: max(available, 0),
            hugePages: chosenWord(in: SystemFile.text("/sys/kernel/mm/transparent_hugepage/enabled")))
    }

    /// The cores of this process in /proc/self/status, "Cpus_allowed_list:  0-3,8".
    static func allowedCores(in text: String) -> [Int] {
        numbers(in: value("Cpus_allowed_list:", in: text) ?? "")
    }

    /// What follows a key at the start of a line; nil without one.
    package static func value(_ key: String, in text: String) -> String? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line.map { $0.dropFirst(key.count).filter { !$0.isWhitespace } }
    }

    /// "0-3,8": 0, 1, 2, 3, 8.
    package static func numbers(in list: String) -> [Int] {
        list.split(separator: ",").flatMap { part in
            let ends = part.split(separator: "-").compactMap { Int($0.filter { !$0.isWhitespace }) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 20 else { return [Int]() }
            return Array(first...last)
        }
    }

    /// A line of /proc/meminfo, "MemTotal:   24105 kB", in bytes.
    package static func bytes(_ key: String, in text: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
            let words = line.split(separator: " ")
            return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
        }
        return 0
    }

    /// The one in brackets: "always [madvise] never".
    static func chosenWord(in text: String) -> String? {
        guard let start = text.firstIndex(of: "["), let end = text.firstIndex(of: "]"), start < end else { return nil }
        return String(text[text.index(after: start)..<end])
    }
}
