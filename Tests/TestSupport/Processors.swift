package import ElectraSupport

extension Processor {
    package static let avx512 = Processor(
        model: "new", features: ["avx", "avx2", "avx512bw", "avx512dq", "avx512f", "avx512vl", "fma"])
    package static let avx2 = Processor(model: "plain", features: ["avx", "avx2", "fma"])
}
