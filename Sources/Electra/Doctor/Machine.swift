import Glibc

/// What a rank finds where it runs: the host and the part of it that this process may use.
public struct Machine: Codable, Sendable, Equatable {
    public var host: String
    public var processor: Processor
    /// The numbers of the cores that this process may run on.
    public var cores: [Int]
    /// How many the host has.
    public var coresOfHost: Int
    /// How many cores' worth of time a container may use (cgroup v2); nil for no limit.
    public var coreLimit: Double?
    /// In bytes; of a container with a limit, that of the container.
    public var memory: Int
    public var memoryAvailable: Int
    /// "always", "madvise" (the programs that ask for it) or "never"; nil where the system does not say.
    public var hugePages: String?

    public init(
        host: String, processor: Processor, cores: [Int], coresOfHost: Int, coreLimit: Double? = nil, memory: Int,
        memoryAvailable: Int, hugePages: String?
    ) {
        self.host = host
        self.processor = processor
        self.cores = cores
        self.coresOfHost = coresOfHost
        self.coreLimit = coreLimit
        self.memory = memory
        self.memoryAvailable = memoryAvailable
        self.hugePages = hugePages
    }

    public static func read(host: String) -> Machine {
        let information = SystemFile.text("/proc/meminfo")
        var memory = kibibytes("MemTotal", in: information)
        var available = kibibytes("MemAvailable", in: information)
        let group = controlGroup(of: SystemFile.text("/proc/self/cgroup"))
        if let limit = Int(controlGroupFile("memory.max", group)), limit < memory {
            memory = limit
            available = min(available, limit - (Int(controlGroupFile("memory.current", group)) ?? 0))
        }
        return Machine(
            host: host, processor: .read(), cores: allowedCores(in: SystemFile.text("/proc/self/status")),
            coresOfHost: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1),
            coreLimit: coreLimit(in: controlGroupFile("cpu.max", group)), memory: memory,
            memoryAvailable: max(available, 0),
            hugePages: chosenWord(in: SystemFile.text("/sys/kernel/mm/transparent_hugepage/enabled")))
    }

    /// The cores of this process in /proc/self/status, "Cpus_allowed_list:  0-3,8".
    static func allowedCores(in text: String) -> [Int] {
        let key = "Cpus_allowed_list:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return [] }
        return line.dropFirst(key.count).split(separator: ",").flatMap { part in
            let ends = part.split(separator: "-").compactMap { Int($0.filter { !$0.isWhitespace }) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [Int]() }
            return Array(first...last)
        }
    }

    /// A line of /proc/meminfo, "MemTotal:   24105 kB", in bytes.
    static func kibibytes(_ key: String, in text: String) -> Int {
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

    /// The group of cgroup v2, "0::/path", without the slash at its end.
    static func controlGroup(of text: String) -> String {
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            let path = line.dropFirst(3)
            return path == "/" ? "" : String(path)
        }
        return ""
    }

    private static func controlGroupFile(_ name: String, _ group: String) -> String {
        SystemFile.text("/sys/fs/cgroup\(group)/\(name)").filter { $0 != "\n" }
    }

    /// cpu.max: "150000 100000" is one core and a half, "max 100000" no limit.
    static func coreLimit(in text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else {
            return nil
        }
        return quota / period
    }
}
