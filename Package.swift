// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A module of the folder of its name.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: "Electra\(name)", dependencies: dependencies, path: "Sources/Electra/\(name)", swiftSettings: strict)
}

/// The tests of a module.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "Electra\(name)Tests", dependencies: [.target(name: "Electra\(name)"), "TestSupport"] + dependencies,
        path: "Tests/Electra/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "electra-dist",
    products: [
        .executable(name: "electra-dist", targets: ["electra-dist"]),
        .library(name: "Collectives", targets: ["Collectives"]),
        .library(
            name: "Electra",
            targets: ["ElectraCorpus", "ElectraInference", "ElectraPretraining", "ElectraSupport", "ElectraTraining"]),
        // For the package in Benchmarks/.
        .library(name: "CKernels", targets: ["CKernels"]),
        .library(name: "COneDNN", targets: ["COneDNN"]),
        .library(name: "COpenBLAS", targets: ["COpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // A heap, for the vocabulary trainer.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        // Libraries of the system, installed by scripts/install-packages.
        .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-pthread-dev"])]),
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "CKernels"),

        // Lifetimes: a span with an operation in flight is out of reach until it was waited for.
        .target(
            name: "Collectives", dependencies: ["CMPI"],
            swiftSettings: strict + [.enableExperimentalFeature("Lifetimes")]),
        // The rooms, from the bottom; each uses those above it in this list (docs/architecture.md).
        room("Support", ["CKernels", "COneDNN", "Collectives"]),
        room("Kernels", ["CKernels", "COneDNN", "COpenBLAS", "Collectives", "ElectraSupport"]),
        room(
            "Corpus",
            [
                "CArchive", "CKernels", "CZlib", "Collectives", "ElectraKernels", "ElectraSupport",
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        room("Model", ["CKernels", "ElectraKernels", "ElectraSupport"]),
        room("HuggingFace", ["CKernels", "ElectraCorpus", "ElectraKernels", "ElectraModel", "ElectraSupport"]),
        room(
            "Training",
            ["CKernels", "Collectives", "ElectraHuggingFace", "ElectraKernels", "ElectraModel", "ElectraSupport"]),
        room(
            "Pretraining",
            [
                "CKernels", "Collectives", "ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraModel",
                "ElectraSupport", "ElectraTraining",
            ]),
        room(
            "FineTuning",
            [
                "CKernels", "Collectives", "ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraModel",
                "ElectraSupport", "ElectraTraining",
            ]),
        room(
            "Inference", ["ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraModel", "ElectraSupport"]),
        room(
            "Operations",
            [
                "CKernels", "Collectives", "ElectraCorpus", "ElectraKernels", "ElectraModel", "ElectraPretraining",
                "ElectraSupport", "ElectraTraining",
            ]),
        .executableTarget(
            name: "electra-dist",
            dependencies: [
                "Collectives", "ElectraCorpus", "ElectraFineTuning", "ElectraHuggingFace", "ElectraInference",
                "ElectraKernels", "ElectraOperations", "ElectraPretraining", "ElectraSupport", "ElectraTraining",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Checks every collective under mpirun: Tests/run-rank-programs. MPI never runs inside `swift test`.
        .executableTarget(
            name: "collectives-ranks", dependencies: ["Collectives"], path: "Tests/CollectivesRanks",
            swiftSettings: strict),

        // Steps of a network that sleeps: Tests/run-rank-programs, and the lab's.
        .executableTarget(
            name: "exchange-ranks",
            dependencies: ["Collectives", "ElectraKernels", "ElectraModel", "ElectraSupport", "ElectraTraining"],
            path: "Tests/ExchangeRanks", swiftSettings: strict),

        .testTarget(name: "CollectivesTests", dependencies: ["Collectives"], swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: ["CArchive", "ElectraCorpus", "ElectraKernels", "ElectraModel", "ElectraSupport"],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("Support"),
        tests("Kernels", ["CKernels", "ElectraSupport"]),
        tests("Corpus", ["CArchive", "ElectraKernels", "ElectraSupport"]),
        tests("Model", ["ElectraKernels"]),
        tests("HuggingFace", ["CKernels", "ElectraCorpus", "ElectraKernels", "ElectraSupport"]),
        tests("Training", ["CKernels", "Collectives", "ElectraKernels", "ElectraModel", "ElectraSupport"]),
        tests(
            "Pretraining",
            [
                "CKernels", "Collectives", "ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraModel",
                "ElectraSupport", "ElectraTraining",
            ]),
        tests(
            "FineTuning",
            [
                "CKernels", "Collectives", "ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraModel",
                "ElectraSupport", "ElectraTraining",
            ]),
        tests(
            "Inference",
            [
                "Collectives", "ElectraCorpus", "ElectraHuggingFace", "ElectraKernels", "ElectraPretraining",
                "ElectraSupport", "ElectraTraining",
            ]),
        tests(
            "Operations",
            [
                "Collectives", "ElectraKernels", "ElectraModel", "ElectraPretraining", "ElectraSupport",
                "ElectraTraining",
            ]),
    ],
    cLanguageStandard: .c17
)
