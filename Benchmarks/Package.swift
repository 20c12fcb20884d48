// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that those who depend on rlgym never resolve what only its benchmarks need.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "rlgym", path: ".."),
    // No traits: its interposers for allocations and reference counts are not needed for times.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Libraries",
      dependencies: [.product(name: "RLGym", package: "rlgym"), .product(name: "Benchmark", package: "benchmark")],
      path: "Libraries",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
