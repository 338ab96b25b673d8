/// The CPU as the operating system describes it. What it leaves out of the list of features (AVX-512 that it does not
/// save at a task switch, for one) cannot be used either, so this is a better source than the CPU itself.
package struct Processor: Codable, Sendable, Equatable {
    package var model: String
    /// The vector instructions, by their names in /proc/cpuinfo ("avx2", "avx512f" ...), sorted.
    package var features: [String]

    package init(model: String, features: [String]) {
        self.model = model
        self.features = features
    }

    private static let families = ["avx", "fma", "amx_", "asimd", "sve", "sme", "bf16"]

    /// What the matrix kernels with AVX-512 need.
    package var hasAVX512: Bool { Set(features).isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) }
    /// What those with AVX2 need.
    package var hasAVX2: Bool { Set(features).isSuperset(of: ["avx2", "fma"]) }

    /// Multiplies bf16 numbers by instructions of its own.
    package var hasBFloat16: Bool { !Set(features).isDisjoint(with: ["avx512_bf16", "amx_bf16"]) }

    /// The first processor of a /proc/cpuinfo.
    package init(cpuinfo text: String) {
        model = "unknown CPU"
        features = []
        var isComplete = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: ":") else {
                // An empty line ends the first one.
                if line.isEmpty && isComplete { break }
                continue
            }
            let key = line[..<colon].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let words = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
            switch key {
            case "model name": model = words.joined(separator: " ")
            case "flags", "Features":
                isComplete = true
                features = words.filter { word in Self.families.contains { word.hasPrefix($0) } }.map(String.init)
                    .sorted()
            default: break
            }
        }
    }

    /// That of this machine. Linux asks every core for its clock rate when it is read, which takes milliseconds: once.
    package static func read() -> Processor { ofThisMachine }

    // One processor takes far less; a machine may have hundreds.
    private static let ofThisMachine = Processor(cpuinfo: SystemFile.text("/proc/cpuinfo", limit: 1 << 14))
}
