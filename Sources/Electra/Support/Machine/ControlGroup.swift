/// What cgroup v2 allows this process: a container is a group, and so is a job of a scheduler. A group's limits hold for
/// all groups inside it, so of those on the path the tightest counts.
struct ControlGroup: Equatable {
    /// In bytes; nil for no limit.
    private(set) var memory: Int?
    /// What is left below the limits, in bytes.
    private(set) var memoryAvailable: Int?
    /// How many cores' worth of time; nil for no limit.
    private(set) var cores: Double?

    /// A group, such as "/system.slice/job", and all above it; "" is the group of all.
    init(_ path: String, root: String = "/sys/fs/cgroup") {
        var path = path[...]
        while true {
            addLimits(of: root + String(path))
            guard let parent = path.lastIndex(of: "/") else { return }
            path = path[..<parent]
        }
    }

    private mutating func addLimits(of folder: String) {
        if let limit = Self.cores(in: Self.text("\(folder)/cpu.max")) { cores = min(cores ?? limit, limit) }
        guard let limit = Int(Self.text("\(folder)/memory.max")), limit < 1 << 60 else { return }
        // The current use has the cache of files in it; the system takes back what was not read of late.
        let cache = Self.number("inactive_file", in: SystemFile.text("\(folder)/memory.stat"))
        let available = limit - (Int(Self.text("\(folder)/memory.current")) ?? 0) + cache
        memory = min(memory ?? limit, limit)
        memoryAvailable = min(memoryAvailable ?? available, available)
    }

    /// The path in /proc/self/cgroup, "0::/path", without the slash at its end.
    static func path(in text: String) -> String {
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            let path = line.dropFirst(3)
            return path == "/" ? "" : String(path)
        }
        return ""
    }

    /// cpu.max: "150000 100000" is one core and a half, "max 100000" no limit.
    static func cores(in text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else {
            return nil
        }
        return quota / period
    }

    /// A line of memory.stat, "inactive_file 4096"; 0 without one.
    static func number(_ key: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + " ") }
        return line.flatMap { Int($0.dropFirst(key.count + 1)) } ?? 0
    }

    private static func text(_ path: String) -> String { SystemFile.text(path).filter { $0 != "\n" } }
}
