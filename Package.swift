// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "rlgym",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "rlgym", targets: ["rlgym"]),
    .library(
      name: "RLGym",
      targets: ["RLCore", "Environments", "Networks", "Agents", "RunStore", "Trainer", "Terminal", "Commands"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", path: "Sources/COpenBLAS"),
    .systemLibrary(name: "CNcurses", path: "Sources/CNcurses"),
    .target(name: "CSIMD"),
    .target(name: "RLCore", dependencies: ["CSIMD"]),
    .target(
      name: "Environments", dependencies: ["RLCore", "CSIMD", "Yams"], path: "Environments",
      resources: [.embedInCode("GridWorlds")]),
    .target(name: "Networks", dependencies: ["RLCore", "COpenBLAS", "CSIMD"]),
    .target(
      name: "Agents", dependencies: ["RLCore", "Networks"], path: "Agents", resources: [.embedInCode("Presets")]),
    .target(
      name: "RunStore",
      dependencies: ["RLCore", "Yams", .product(name: "OrderedCollections", package: "swift-collections")]),
    .target(name: "Trainer", dependencies: ["RLCore", "RunStore"]),
    .target(name: "Textbook", dependencies: ["RLCore", "Environments", "Networks", "Agents"]),
    .target(
      name: "Terminal",
      dependencies: [
        "RLCore", "RunStore", "CNcurses", .product(name: "OrderedCollections", package: "swift-collections"),
      ]),
    .target(
      name: "Commands",
      dependencies: [
        "RLCore", "Environments", "Networks", "Agents", "RunStore", "Trainer", "Textbook", "Terminal",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "rlgym", dependencies: ["Commands"]),
    .testTarget(name: "RLCoreTests", dependencies: ["RLCore"], resources: [.copy("Fixtures")]),
    .testTarget(name: "EnvironmentsTests", dependencies: ["Environments", "CSIMD"], resources: [.copy("Fixtures")]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "RLCore"]),
    .testTarget(
      name: "AgentsTests", dependencies: ["Agents", "Environments", "Networks", "RLCore", "RunStore"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "TextbookTests", dependencies: ["Textbook", "Environments", "RLCore"],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "RunStoreTests", dependencies: ["RunStore"]),
    .testTarget(name: "TrainerTests", dependencies: ["Trainer", "Agents", "Environments", "RLCore", "RunStore"]),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal"]),
    .testTarget(name: "CommandsTests", dependencies: ["Commands", "RLCore", "RunStore"]),
    .testTarget(name: "rlgymTests", dependencies: ["rlgym"]),
  ]
)
