import CKernels
package import ElectraKernels

/// What a core could multiply if it did nothing else: by its instructions' rate, at the clock that it has now.
package struct InstructionPeak: Sendable {
    /// As "AMX tiles".
    package let unit: String
    package let operationsPerCycle: Double
    package let cyclesPerSecond: Double

    package var operationsPerSecond: Double { operationsPerCycle * cyclesPerSecond }

    /// Nil where the rate is not known: CPUs differ in how many products of bf16 vectors they begin in a cycle.
    package init?(_ precision: ProductPrecision) {
        let level = ProductLevel.current
        switch precision {
        // 16 x 16 x 32 products and sums in 16 cycles.
        case .bf16 where level == .amx: (unit, operationsPerCycle) = (BFloat16Product.unitName, 1024)
        case .bf16x3 where level == .amx: (unit, operationsPerCycle) = (BFloat16Product.unitName, 1024 / 3)
        case .bf16, .bf16x3: return nil
        // Two fused multiplications and additions of whole vectors in a cycle.
        case .f32 where level >= .avx512: (unit, operationsPerCycle) = ("AVX-512", 64)
        case .f32 where level == .avx2: (unit, operationsPerCycle) = ("AVX2", 32)
        case .f32: return nil
        }
        cyclesPerSecond = ck_clock_rate()
        if cyclesPerSecond == 0 { return nil }
    }
}
