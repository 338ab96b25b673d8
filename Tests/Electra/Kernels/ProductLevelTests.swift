import Testing

@testable import ElectraKernels
@testable import ElectraSupport

struct ProductLevelTests {
    @Test(arguments: [
        ("", "", ProductLevel.older),
        ("avx2", "", .older),
        ("avx2 fma", "", .avx2),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl", "", .avx512),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16", "", .avx512BFloat16),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16 amx_tile amx_int8 amx_bf16", "", .amx),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16 amx_tile amx_int8 amx_bf16", "ALL", .amx),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16 amx_tile amx_int8 amx_bf16", "avx2", .avx2),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16", "AVX512_CORE", .avx512),
        ("avx2 fma avx512f avx512bw avx512dq avx512vl", "AVX512_CORE_AMX", .avx512),
        ("avx2 fma", "SSE41", .older),
        ("avx2 fma", "nonsense", .avx2),
    ])
    func `what a CPU has, and oneDNN may use`(features: String, limit: String, level: ProductLevel) {
        let processor = Processor(model: "", features: features.split(separator: " ").map(String.init))
        #expect(
            ProductLevel(of: processor) { $0 == "ONEDNN_MAX_CPU_ISA" && !limit.isEmpty ? limit : nil } == level)
    }
}
