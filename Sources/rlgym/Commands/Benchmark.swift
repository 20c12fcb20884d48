import ArgumentParser

struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure this machine.")
  func run() throws {}
}
