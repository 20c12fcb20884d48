import Foundation
import Testing

@testable import Textbook

/// Each experiment's numbers against the independent reference, and its own verdicts.
@Suite struct ExperimentTests {
  /// A number, or nested lists of them, flattened; the reference's sets of actions have lists of several lengths.
  private struct Reference: Decodable {
    struct Numbers: Decodable {
      var flat: [Double]
      var shape: [Int]

      init(from decoder: any Decoder) throws {
        if let number = try? decoder.singleValueContainer().decode(Double.self) {
          (flat, shape) = ([number], [])
          return
        }
        let parts = try decoder.singleValueContainer().decode([Numbers].self)
        flat = parts.flatMap(\.flat)
        shape = [parts.count] + parts.flatMap(\.shape)
      }
    }

    let value: Numbers
    let tol: Double
  }

  private static let reference = Result {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/catalogue.json")
    return try JSONDecoder().decode([String: [String: Reference]].self, from: Data(contentsOf: url))
  }

  private func flat(_ quantity: Quantity) -> (flat: [Double], shape: [Int]) {
    switch quantity {
    case .number(let value): return ([value], [])
    case .list(let values):
      let parts = values.map(flat)
      return (parts.flatMap(\.flat), [parts.count] + parts.flatMap(\.shape))
    }
  }

  @Test(arguments: Textbook.experiments.map(\.id)) func agreesWithTheReference(_ id: String) throws {
    let findings = try #require(Textbook.experiments.first { $0.id == id }).run()
    for verdict in findings.verdicts { #expect(verdict.holds, "\(verdict.text)") }
    let reference = try #require(try Self.reference.get()[id])
    #expect(!reference.isEmpty)
    for (name, quantity) in findings.quantities {
      guard let expected = reference[name] else { continue }
      let measured = flat(quantity)
      #expect(measured.shape == expected.value.shape, "\(name)")
      let gap = zip(measured.flat, expected.value.flat).map { abs($0 - $1) }.max() ?? 0
      #expect(gap <= expected.tol + 1e-15, "\(name) is off by \(gap)")
    }
  }

  @Test func idsAreDistinctAndTextsComplete() {
    #expect(Set(Textbook.experiments.map(\.id)).count == Textbook.experiments.count)
    for experiment in Textbook.experiments {
      #expect(!experiment.title.isEmpty && !experiment.source.isEmpty && !experiment.claim.isEmpty)
    }
  }
}
