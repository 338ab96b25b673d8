// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "electra-dist",
    products: [
        .executable(name: "electra-dist", targets: ["electra-dist"]),
        .library(name: "Collectives", targets: ["Collectives"]),
        .library(name: "Electra", targets: ["Electra"]),
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
        .target(
            name: "Electra",
            dependencies: [
                "CArchive", "CKernels", "COneDNN", "COpenBLAS", "CZlib", "Collectives",
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "electra-dist",
            dependencies: [
                "Electra", "Collectives",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Checks every collective under mpirun: Tests/run-rank-programs. MPI never runs inside `swift test`.
        .executableTarget(
            name: "collectives-ranks", dependencies: ["Collectives"], path: "Tests/CollectivesRanks",
            swiftSettings: strict),

        .testTarget(name: "CollectivesTests", dependencies: ["Collectives"], swiftSettings: strict),
        .testTarget(
            name: "ElectraTests", dependencies: ["Electra", "CArchive", "CKernels"], swiftSettings: strict),
    ],
    cLanguageStandard: .c17
)
