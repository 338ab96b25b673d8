import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraSupport

@Suite struct MatrixLibraryTests {
    static let old = Processor(model: "old", features: ["avx"])

    func library(
        _ kernel: String, threads: Int = 1, dynamic: Bool = true, oneDNNHasAVX512: Bool = false
    ) -> MatrixLibrary {
        MatrixLibrary(
            description: "OpenBLAS 0.3.21 NO_LAPACKE \(dynamic ? "DYNAMIC_ARCH " : "")NO_AFFINITY \(kernel) "
                + "MAX_THREADS=64",
            kernel: kernel, threads: threads, oneDNN: "2.6.3", oneDNNHasAVX512: oneDNNHasAVX512)
    }

    /// As "NAME=value NAME=value".
    func changes(_ library: MatrixLibrary, _ processor: Processor, _ environment: [String: String] = [:]) -> String {
        library.environmentToStartWith(on: processor) { environment[$0] }
            .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    @Test(arguments: ["Haswell", "Zen", "Sandybridge", "Prescott", "haswell"])
    func olderKernelsGiveWayToAVX512(kernel: String) {
        #expect(changes(library(kernel), .avx512) == "OPENBLAS_CORETYPE=SkylakeX")
    }

    @Test(arguments: ["SkylakeX", "Cooperlake", "SapphireRapids", "SomethingNew"])
    func goodAndUnknownKernelsStay(kernel: String) {
        #expect(changes(library(kernel), .avx512) == "")
    }

    /// OpenBLAS computes nothing then.
    @Test func whereOneDNNHasAVX512AnyKernelStays() {
        #expect(changes(library("Haswell", oneDNNHasAVX512: true), .avx512) == "")
    }

    @Test func kernelsWithoutAVX2GiveWayToHaswell() {
        #expect(changes(library("Prescott"), .avx2) == "OPENBLAS_CORETYPE=Haswell")
        #expect(changes(library("Haswell"), .avx2) == "")
        #expect(changes(library("Zen"), .avx2) == "")
        #expect(changes(library("Sandybridge"), Self.old) == "")
    }

    @Test func halfOfAVX512IsNotEnough() {
        var half = Processor.avx512
        half.features.removeAll { $0 == "avx512vl" }
        #expect(changes(library("Haswell"), half) == "")
    }

    @Test func whatTheUserSetStays() {
        #expect(changes(library("Haswell"), .avx512, ["OPENBLAS_CORETYPE": "Haswell"]) == "")
        #expect(changes(library("Prescott"), .avx512, ["OPENBLAS_CORETYPE": "nonsense"]) == "")
    }

    @Test func aLibraryForOneCPUIsLeftAlone() {
        #expect(changes(library("Haswell", dynamic: false), .avx512) == "")
    }

    @Test func oneThread() {
        #expect(changes(library("SkylakeX", threads: 8), .avx512) == "OPENBLAS_NUM_THREADS=1")
        #expect(
            changes(library("SkylakeX", threads: 4), .avx512, ["OPENBLAS_NUM_THREADS": "4"])
                == "OPENBLAS_NUM_THREADS=1")
        #expect(
            changes(library("Haswell", threads: 4), .avx512)
                == "OPENBLAS_CORETYPE=SkylakeX OPENBLAS_NUM_THREADS=1")
    }

    /// Otherwise the program would start itself again for ever: even if the library does not listen.
    @Test(arguments: ["Haswell", "Prescott", "SkylakeX"], [1, 64])
    func onceIsEnough(kernel: String, threads: Int) {
        let library = library(kernel, threads: threads)
        for processor in [.avx512, .avx2, Self.old] {
            var environment: [String: String] = [:]
            for (name, value) in library.environmentToStartWith(on: processor, environment: { environment[$0] }) {
                environment[name] = value
            }
            #expect(changes(library, processor, environment) == "")
        }
    }

    @Test func describesItself() {
        #expect(library("Zen").version == "OpenBLAS 0.3.21")
        let loaded = MatrixLibrary.loaded()
        #expect(loaded.version.hasPrefix("OpenBLAS "))
        #expect(!loaded.kernel.isEmpty && loaded.threads >= 1)
    }

    @Test func readsTheFirstProcessor() {
        let processor = Processor(
            cpuinfo: """
                processor\t: 0
                model name\t: Some  CPU @ 2.00GHz
                flags\t\t: fpu avx avx2 fma avx512f avx512bw avx512dq avx512vl

                processor\t: 1
                model name\t: Other
                flags\t\t: fpu

                """)
        #expect(processor.model == "Some CPU @ 2.00GHz")
        #expect(processor.hasAVX2 && processor.hasAVX512)
        #expect(!processor.features.contains("fpu"))
        let arm = Processor(cpuinfo: "processor\t: 0\nFeatures\t: fp asimd sve\nCPU part\t: 0xd40\n")
        #expect(arm.features == ["asimd", "sve"] && !arm.hasAVX2)
        #expect(Processor(cpuinfo: "") == Processor(model: "unknown CPU", features: []))
    }
}
