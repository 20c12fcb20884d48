import Agents
import Environments
import Foundation
import RLCore
import Testing

@testable import Textbook

/// Each experiment's numbers against the independent reference, and its own verdicts.
@Suite struct ExperimentTests {
  /// A value with its tolerance, or a band for means of independent runs.
  private struct Reference: Decodable {
    /// A number, or nested lists of them, flattened; the reference's sets of actions have lists of several lengths.
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

    let value: Numbers?
    /// Without one the value is there to be read, not to be met.
    let tol: Double?
    let mean: Double?
    let sdPerRun: Double?
    let se: Double?
    let nCheck: Int?
    let lo: Double?
    let hi: Double?

    private enum CodingKeys: String, CodingKey {
      case value, tol, mean, se, lo, hi
      case sdPerRun = "sd_per_run"
      case nCheck = "n_check"
    }

    /// Where the mean of so many runs must lie: four standard errors around the reference's.
    func band(runs: Int) -> ClosedRange<Double>? {
      guard let mean, let sd = sdPerRun, let se else { return nil }
      if let lo, let hi, runs == nCheck { return lo...hi }
      let width = 4 * (sd * sd / Double(runs) + se * se).squareRoot()
      return mean - width...mean + width
    }
  }

  private static let reference = Result {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/catalogue.json")
    return try JSONDecoder().decode([String: [String: Reference]].self, from: Data(contentsOf: url))
  }

  private func flat(_ quantity: Quantity) -> (flat: [Double], shape: [Int]) {
    switch quantity {
    case .number(let value), .mean(let value, _, _): return ([value], [])
    case .list(let values):
      let parts = values.map(flat)
      return (parts.flatMap(\.flat), [parts.count] + parts.flatMap(\.shape))
    }
  }

  /// Those on preferences hold what they find against closed forms: see PreferencesTests.
  private static let measured = Set(Textbook.experiments.map(\.id)).subtracting(preferences.map(\.id)).sorted()

  @Test(arguments: measured) func agreesWithTheReference(_ id: String) throws {
    var trial = Trial()
    trial.threads = 2
    let findings = try #require(Textbook.experiments.first { $0.id == id }).run(trial)
    for verdict in findings.verdicts { #expect(verdict.holds, "\(verdict.text)") }
    let reference = try #require(try Self.reference.get()[id])
    #expect(!reference.isEmpty)
    #expect(Set(findings.quantities.map(\.name)) == Set(reference.keys))
    for (name, quantity) in findings.quantities {
      guard let expected = reference[name] else { continue }
      let measured = flat(quantity)
      if case .mean(let mean, _, let runs) = quantity, let band = expected.band(runs: runs) {
        #expect(band.contains(mean), "\(name): \(mean) over \(runs) runs; expected \(band)")
      } else if let value = expected.value, let tol = expected.tol {
        #expect(measured.shape == value.shape, "\(name)")
        let gap = zip(measured.flat, value.flat).map { abs($0 - $1) }.max() ?? 0
        #expect(gap <= tol + 1e-15, "\(name) is off by \(gap)")
      }
    }
  }

  /// What is cut at the end of the steps is no episode.
  @Test func lengthsAreThoseOfWholeEpisodes() throws {
    let world = try Simulator(RandomWalk.five)
    var (play, again) = (walking(world), walking(world))
    let lengths = play.lengths(within: 1000)
    #expect(play.steps == 1000 && lengths.count > 50)
    #expect(again.episodes(lengths.count).map(\.length) == lengths)
    #expect(again.steps <= 1000 && again.steps + again.episode().length > 1000)
  }

  private func walking(_ world: Simulator) -> Play<Simulator, TD> {
    Play(TD(.init(), for: world, model: nil, seed: 1), in: world, seed: 1)
  }

  /// A path ends where it leads, and not where a step has what it must not have.
  @Test func pathsAreGreedy() throws {
    let table = try TransitionTable(GridWorld(map: ["S.T"]))
    // up, right, down, left: right in both cells, of values 1 and 2.
    let q: [Double] = [0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
    #expect(table.greedyPath(q, from: 0, limit: 2) == 2 && table.greedyPath(q, from: 0, limit: 1) == nil)
    #expect(table.greedyPath(q, from: 0, limit: 2) { reward, _ in reward == 1 } == nil)
    #expect(table.greedyPath(q, from: 0, limit: 2) { _, value in value < 2 } == nil)
    #expect(table.greedyPath(q, from: 1, limit: 2) { _, value in value < 2 } == 1)
  }

  @Test func threadsChangeNothing() throws {
    let experiment = try #require(Textbook.experiments.first { $0.id == "sb-6.6-cliff-walking" })
    var trial = Trial()
    trial.changes = [("runs", .integer(5)), ("alpha", .number(0.3))]
    let alone = try experiment.run(trial)
    trial.threads = 3
    #expect(try experiment.run(trial).quantities.map(\.value) == alone.quantities.map(\.value))
    trial.changes[1].value = .number(0.4)
    #expect(try experiment.run(trial).quantities.map(\.value) != alone.quantities.map(\.value))
    trial.changes[1].name = "alfa"
    #expect(throws: CoreError.unknownSetting(name: "alfa", nearest: ["alpha"])) { try experiment.run(trial) }
  }

  @Test func isCancelled() throws {
    let experiment = try #require(Textbook.experiments.first { $0.id == "sb-6.6-cliff-walking" })
    var trial = Trial()
    trial.progress = { done, _ in done < 3 }
    #expect(throws: CancellationError.self) { try experiment.run(trial) }
  }

  /// A process for one who explores is worth what the ε-greedy policies are worth in the process itself.
  @Test(arguments: [0.0, 0.1, 0.5]) func exploringIsEpsilonGreedy(_ epsilon: Double) throws {
    let world = try GridWorld.zhao55()
    let chosen = (0..<world.stateCount).map { $0 % world.actionCount }
    let soft = try evaluation(of: world.policy(chosen, epsilon: epsilon), in: world).v
    let exploring = world.exploring(epsilon)
    #expect(distance(soft, try evaluation(of: exploring.policy(chosen), in: exploring).v) < 1e-12)
  }

  /// Shares, visits and averages of a chain of two states, by hand: from 0 on with 0.5, from 1 back with 0.25.
  @Test func aChainByHand() throws {
    let process = Variation(states: 2, actions: 1, discount: 0.5, initial: [1, 0]) { state, _ in
      let leaves = state == 0 ? 0.5 : 0.25
      return [
        Outcome(probability: leaves, next: 1 - state, reward: 3, isTerminal: false),
        Outcome(probability: 1 - leaves, next: state, reward: 0, isTerminal: false),
      ]
    }
    let chain = try Chain(of: process.uniformPolicy, in: process)
    #expect(distance(chain.rewards, [1.5, 0.75]) < 1e-12)
    #expect(distance(try chain.stationary(), [1.0 / 3, 2.0 / 3]) < 1e-12)
    // x₀ = 1 + x₀/4 + x₁/8 and x₁ = x₀/4 + 3 x₁/8
    #expect(distance(try chain.visits(), [10.0 / 7, 4.0 / 7]) < 1e-12)
    // ρ = 1 and h₀ = 0.5 + (h₀ + h₁)/2 with h₀ = 0
    let average = try chain.average()
    #expect(abs(average.reward - 1) < 1e-12)
    #expect(distance(average.values, [0, -1]) < 1e-12)
  }

  @Test func idsAreDistinctAndTextsComplete() {
    #expect(Set(Textbook.experiments.map(\.id)).count == Textbook.experiments.count)
    for experiment in Textbook.experiments {
      #expect(!experiment.title.isEmpty && !experiment.source.isEmpty && !experiment.claim.isEmpty)
    }
  }
}
