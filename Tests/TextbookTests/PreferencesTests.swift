import Foundation
import Testing

@testable import Agents
@testable import Textbook

/// What preference losses find, against closed forms.
@Suite struct PreferencesTests {
  @Test(arguments: preferences.map(\.id)) func holds(_ id: String) throws {
    let findings = try #require(preferences.first { $0.id == id }).run()
    #expect(!findings.verdicts.isEmpty)
    for verdict in findings.verdicts { #expect(verdict.holds, "\(verdict.text)") }
  }

  /// The closed form that the experiments are held to, by hand on a bandit: π ∝ π_ref·exp(r/(Tβ)).
  @Test func softOptimumOfABandit() {
    let world = SmallWorld.bandit
    let best = world.best(from: world.tilted, beta: 0.5, temperature: 0.7).policy[0]
    let mass = zip(world.tilted[0], [1, 0.2, -0.5, 0.7]).map { $0 * exp($1 / 0.35) }
    for (p, m) in zip(best, mass) { #expect(abs(p - m / mass.reduce(0, +)) < 1e-12) }
  }

  /// Of several steps: no other policy has more reward less divergence, trajectory by trajectory.
  @Test(arguments: [1.0, 0.8]) func softOptimumOfPaths(_ discount: Double) {
    var world = SmallWorld.paths
    world.discount = discount
    let found = world.best(from: world.tilted, beta: 0.5, temperature: 0.7)
    func worth(_ policy: [[Double]], from start: Int) -> Double {
      world.trajectories().filter { $0.start == start }.reduce(0) { sum, path in
        var (chance, gain, weight) = (1.0, path.worth / 0.7, 1.0)
        for step in path.steps {
          let p = policy[step.state][step.action]
          chance *= p
          gain -= 0.5 * weight * log(p / world.tilted[step.state][step.action])
          weight *= discount
        }
        return sum + chance * gain
      }
    }
    for start in world.starts {
      let best = worth(found.policy, from: start)
      #expect(abs(best - found.v[start]) < 1e-12)
      for s in 0..<world.states {
        for a in 0..<world.actions {
          var other = found.policy
          other[s] = other[s].enumerated().map { $1 * 0.95 + ($0 == a ? 0.05 : 0) }
          #expect(worth(other, from: start) <= best + 1e-12)
        }
      }
    }
  }
}
