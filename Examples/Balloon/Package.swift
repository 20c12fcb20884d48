// swift-tools-version: 6.1
import PackageDescription

// A package of your own that depends on rlgym. Elsewhere, give its repository's URL instead of a path.
let package = Package(
  name: "balloon",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "rlgym", path: "../..")],
  targets: [
    .target(name: "World", dependencies: [.product(name: "RLGym", package: "rlgym")]),
    .executableTarget(name: "Gym", dependencies: ["World", .product(name: "RLGym", package: "rlgym")]),
    .testTarget(name: "WorldTests", dependencies: ["World", .product(name: "RLGym", package: "rlgym")]),
  ]
)
