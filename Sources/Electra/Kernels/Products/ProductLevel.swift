import CKernels
import COneDNN
package import ElectraSupport

/// The instructions that matrix products are computed with, from older to newer; as oneDNN tells them apart.
package enum ProductLevel: Int, Comparable, Sendable {
    case older, avx2, avx512, avx512BFloat16, amx

    package static func < (left: ProductLevel, right: ProductLevel) -> Bool { left.rawValue < right.rawValue }

    /// What products of this process are computed with.
    package static var current: ProductLevel { held ?? own }

    /// What this CPU has, and its kernel lets a process use.
    package static let own = tilesAreForbidden ? .avx512BFloat16 : ownOfCPU

    /// Linux lets a process use tiles when it asks (arch_prctl), but for old kernels, and where a sandbox refuses.
    package static let tilesAreForbidden = ownOfCPU == .amx && !ck_allow_tiles()

    private static let ownOfCPU = ProductLevel(of: .read(), environment: environmentVariable)

    /// What a CPU has, as far as ONEDNN_MAX_CPU_ISA allows. Found without a question to oneDNN, which settles at the
    /// first one what it will use, and ranks agree on that later.
    package init(of processor: Processor, environment: (String) -> String?) {
        let features = Set(processor.features)
        let best: ProductLevel =
            if !processor.hasAVX512 {
                processor.hasAVX2 ? .avx2 : .older
            } else if features.isSuperset(of: ["amx_tile", "amx_int8", "amx_bf16"]) {
                .amx
            } else {
                features.contains("avx512_bf16") ? .avx512BFloat16 : .avx512
            }
        let word = environment("ONEDNN_MAX_CPU_ISA") ?? environment("DNNL_MAX_CPU_ISA")
        self = min(best, word.flatMap(Self.init(limit:)) ?? .amx)
    }

    /// What ONEDNN_MAX_CPU_ISA allows; nil where it sets no limit, or is not known.
    private init?(limit word: String) {
        switch word.uppercased() {
        case "SSE41", "AVX": self = .older
        case "AVX2", "AVX2_VNNI", "AVX512_MIC", "AVX512_MIC_4OPS": self = .avx2
        case "AVX512_CORE", "AVX512_CORE_VNNI": self = .avx512
        case "AVX512_CORE_BF16", "AVX512_CORE_FP16": self = .avx512BFloat16
        default: return nil
        }
    }

    package var name: String {
        switch self {
        case .older: "older than AVX2"
        case .avx2: "AVX2"
        case .avx512: "AVX-512"
        case .avx512BFloat16: "AVX-512 with bf16"
        case .amx: "AMX"
        }
    }

    /// As oneDNN knows it.
    private var isa: dnnl_cpu_isa_t {
        switch self {
        case .older: dnnl_cpu_isa_sse41
        case .avx2: dnnl_cpu_isa_avx2
        case .avx512: dnnl_cpu_isa_avx512_core
        case .avx512BFloat16: dnnl_cpu_isa_avx512_core_bf16
        case .amx: dnnl_cpu_isa_all
        }
    }

    /// Keeps all products to come of this process to this level. False where oneDNN has settled on another already.
    package func holdProducts() -> Bool {
        if Self.held == nil, ed_hold_to_isa(isa) { Self.held = self }
        return Self.held == self
    }

    /// What products are kept to. By the main thread, before there are others.
    nonisolated(unsafe) private static var held: ProductLevel?
}
