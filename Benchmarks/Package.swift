// swift-tools-version: 6.1
import PackageDescription

// A package of its own: who builds electra-dist never fetches a benchmark library.
let package = Package(
    name: "electra-dist-benchmarks",
    dependencies: [
        .package(name: "electra-dist", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "KernelBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "CKernels", package: "electra-dist"),
                .product(name: "COneDNN", package: "electra-dist"),
                .product(name: "COpenBLAS", package: "electra-dist"),
            ],
            path: "Benchmarks/KernelBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
