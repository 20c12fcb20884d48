import Agents
import Foundation
import RLCore

/// What direct preference optimisation finds where the answer can be written down, and what becomes of it where one of
/// its conditions fails.
let preferences: [Experiment] = [
  Experiment(
    "dpo-bandit", "DPO on a bandit",
    source: "Rafailov et al. 2023, arXiv:2305.18290, equation 4",
    claim: "With exact label probabilities the policy is the best of reward less β times divergence.",
    measure: { findings in
      try findings.check(SmallWorld.bandit, "bandit")
    }),
  Experiment(
    "dpo-tree", "DPO in deterministic worlds of several steps",
    source: "Rafailov et al. 2024, arXiv:2404.12358, §4: a policy of steps implies a soft optimal advantage",
    claim: "Sums of log-ratios over whole episodes recover the soft optimal policy in each state, discounted or not.",
    measure: { findings in
      try findings.check(SmallWorld.paths, "paths")
      var discounted = SmallWorld.paths
      discounted.discount = 0.8
      try findings.check(discounted, "discounted")
    }),
  Experiment(
    "dpo-ipo", "the closed form of ipo",
    source: "Azar et al. 2023, arXiv:2310.12036, equation 7",
    claim: "π ∝ π_ref·exp(mean preference over all trajectories / β), on a bandit and on a tree.",
    measure: { findings in
      for (name, world) in [("bandit", SmallWorld.bandit), ("tree", SmallWorld.tree)] {
        let reference = world.tilted
        let fit = TabularPreferences(world, PreferenceLoss(.ipo, beta: 0.4), reference: reference, temperature: 0.7)
        let gap = world.distance(fit.fitted(), ipo(world, reference, beta: 0.4, temperature: 0.7))
        findings.add(name, gap)
        findings.expect("\(name): total variation within 1e-6", gap < 1e-6)
      }
    }),
  Experiment(
    "dpo-flips", "labels that are wrong at a known rate",
    source: "Chowdhury et al. 2024, arXiv:2403.00409, §3",
    claim: "With 20 % of the labels flipped robust recovers the best policy exactly; sigmoid and smoothing do not.",
    measure: { findings in
      let world = SmallWorld.paths
      let best = world.best(from: world.tilted, beta: 0.5, temperature: 0.7).policy
      for (name, kind, smoothing) in [
        ("robust", PreferenceLoss.Kind.robust, 0.2), ("sigmoid", .sigmoid, 0), ("smoothing", .sigmoid, 0.2),
      ] {
        var loss = PreferenceLoss(kind, beta: 0.5)
        loss.smoothing = smoothing
        let fit = TabularPreferences(world, loss, reference: world.tilted, temperature: 0.7, flips: 0.2)
        let gap = world.distance(fit.fitted(), best)
        findings.add(name, gap)
        findings.expect(
          kind == .robust ? "robust: total variation within 1e-6" : "\(name): wrong by more than 0.05",
          kind == .robust ? gap < 1e-6 : gap > 0.05)
      }
    }),
  Experiment(
    "dpo-stochastic-counterexample", "where chance decides",
    source: "condition 1 of Agents/Preference/DPO.swift",
    claim:
      "An action that pays 1 or 0 by chance against a sure 0.6: log-ratios cannot follow luck, the policy is wrong.",
    measure: { findings in
      let world = SmallWorld(
        branches: [
          [
            [.init(probability: 0.5, reward: 1, next: nil), .init(probability: 0.5, reward: 0, next: nil)],
            [.init(reward: 0.6, next: nil)],
          ]
        ], starts: [0])
      // Luck apart, an action's own trajectories say nothing of it.
      findings.refute(world, temperature: 0.1) { world, loss in
        TabularPreferences(world, loss, reference: world.tilted, temperature: 0.1) {
          $0.steps[0].action != $1.steps[0].action
        }
      }
    }),
  Experiment(
    "dpo-starts-counterexample", "pairs across starts",
    source: "condition 2 of Agents/Preference/DPO.swift",
    claim: "Pairs whose clips begin in different states compare what the starts are worth: the policy is wrong.",
    measure: { findings in
      findings.refute(.paths) { world, loss in
        TabularPreferences(world, loss, reference: world.tilted, temperature: 0.7) { $0.start != $1.start }
      }
    }),
  Experiment(
    "dpo-cut-counterexample", "clips that are cut short",
    source: "condition 3 of Agents/Preference/DPO.swift; Hejna et al. 2024, arXiv:2310.13639, §3",
    claim: "Cut before a true end and compared by return the policy is wrong; by advantage cpl is right.",
    measure: { findings in
      findings.refute(.paths) { world, loss in
        TabularPreferences(
          world, loss, reference: world.tilted, temperature: 0.7, among: world.trajectories(length: 1))
      }
      let world = SmallWorld.paths
      let even = world.branches.map { _ in [Double](repeating: 1 / Double(world.actions), count: world.actions) }
      let best = world.best(from: even, beta: 0.5, temperature: 1)
      // Segments from every state, worth their return and what the rest is worth.
      let segments = (0..<world.states).flatMap { s in
        var here = SmallWorld(branches: world.branches, starts: [s])
        here.discount = world.discount
        return here.trajectories(length: 1).map { segment in
          var segment = segment
          segment.worth += segment.rest.map { best.v[$0] } ?? 0
          return segment
        }
      }
      let fit = TabularPreferences(
        world, PreferenceLoss(.cpl, beta: 0.5), reference: even, temperature: 1, among: segments)
      let gap = world.distance(fit.fitted(), best.policy)
      findings.add("cpl", gap)
      findings.expect("cpl by advantage: total variation within 1e-6", gap < 1e-6)
    }),
  Experiment(
    "dpo-discount-counterexample", "another discount in the labels",
    source: "condition 4 of Agents/Preference/DPO.swift",
    claim: "Returns discounted by 0.5 and log-ratios not at all: the policy is wrong.",
    measure: { findings in
      findings.refute(.paths) { world, loss in
        var short = world
        short.discount = 0.5
        var fit = TabularPreferences(short, loss, reference: world.tilted, temperature: 0.7)
        fit.discount = 1
        return fit
      } against: {
        var short = $0
        short.discount = 0.5
        return short
      }
    }),
  Experiment(
    "dpo-gaps-counterexample", "pairs that leave trajectories apart",
    source: "condition 5 of Agents/Preference/DPO.swift",
    claim: "Where pairs do not connect all arms, what is found depends on where the search began.",
    measure: { findings in
      let world = SmallWorld.bandit
      let fit = TabularPreferences(
        world, PreferenceLoss(.sigmoid, beta: 0.5), reference: world.tilted, temperature: 0.7
      ) { $0.steps[0].action / 2 == $1.steps[0].action / 2 }
      let gap = world.distance(fit.fitted(), fit.fitted(from: [1, 1, 0, 0]))
      findings.add("distance", gap)
      findings.expect("two searches differ by more than 0.05", gap > 0.05)
    }),
  Experiment(
    "dpo-support-counterexample", "a reference without support",
    source: "condition 5 of Agents/Preference/DPO.swift",
    claim: "What the reference never does is in no pair, and no pair takes mass from it: the policy is wrong.",
    measure: { findings in
      let world = SmallWorld.bandit
      let reference = [[0.5, 0.3, 0.2, 0]]
      let best = world.best(from: reference, beta: 0.5, temperature: 0.7).policy
      let fit = TabularPreferences(
        world, PreferenceLoss(.sigmoid, beta: 0.5), reference: reference, temperature: 0.7
      ) { $0.steps[0].action != 3 && $1.steps[0].action != 3 }
      let gap = world.distance(fit.fitted(), best)
      findings.add("distance", gap)
      findings.expect("wrong by more than 0.05", gap > 0.05)
    }),
]

extension SmallWorld {
  /// Four arms.
  static let bandit = SmallWorld(
    branches: [[1, 0.2, -0.5, 0.7].map { [.init(reward: $0, next: nil)] }], starts: [0])

  /// Three steps at the most, from two starts; paths part and meet again, and some end early.
  static let paths = SmallWorld(
    branches: [
      [[.init(reward: 0.3, next: 2)], [.init(reward: 0, next: 3)], [.init(reward: 0.8, next: nil)]],
      [[.init(reward: 1.5, next: 3)], [.init(reward: 2, next: nil)], [.init(reward: 1, next: 2)]],
      [[.init(reward: 0.1, next: 4)], [.init(reward: -0.4, next: 3)], [.init(reward: 0.5, next: nil)]],
      [[.init(reward: 0.9, next: nil)], [.init(reward: 0, next: 4)], [.init(reward: 0.2, next: nil)]],
      [[.init(reward: 0, next: nil)], [.init(reward: 1.2, next: nil)], [.init(reward: -1, next: nil)]],
    ], starts: [0, 1])

  /// Two steps; each state is reached in one way only.
  static let tree = SmallWorld(
    branches: [
      [[.init(reward: 0.2, next: 1)], [.init(reward: 0, next: 2)]],
      [[.init(reward: 0.5, next: nil)], [.init(reward: -0.3, next: nil)]],
      [[.init(reward: 1, next: nil)], [.init(reward: 0.1, next: nil)]],
    ], starts: [0])

  /// A policy that is not even, but gives everything a chance.
  var tilted: [[Double]] {
    (0..<states).map { s in
      let mass = (0..<actions).map { Double(1 + (s + 2 * $0) % 4) }
      return mass.map { $0 / mass.reduce(0, +) }
    }
  }
}

extension Findings {
  /// That `sigmoid` finds the best policy, in double precision to 1e-6 and as the agent itself does.
  fileprivate mutating func check(_ world: SmallWorld, _ name: String) throws {
    let best = world.best(from: world.tilted, beta: 0.5, temperature: 0.7).policy
    let fit = TabularPreferences(
      world, PreferenceLoss(.sigmoid, beta: 0.5), reference: world.tilted, temperature: 0.7)
    let gap = world.distance(fit.fitted(), best)
    let learned = world.distance(try fit.learned(updates: 1500, rate: 0.05), best)
    add(name, gap)
    add("\(name) by the agent", learned)
    expect("\(name): total variation within 1e-6", gap < 1e-6)
    expect("\(name): the agent, in single precision, within 1e-6", learned < 1e-6)
  }

  /// That `sigmoid` is wrong on the pairs of `make`.
  fileprivate mutating func refute(
    _ world: SmallWorld, temperature: Double = 0.7, _ make: (SmallWorld, PreferenceLoss) -> TabularPreferences,
    against: (SmallWorld) -> SmallWorld = { $0 }
  ) {
    let fit = make(world, PreferenceLoss(.sigmoid, beta: 0.5))
    let best = against(world).best(from: world.tilted, beta: 0.5, temperature: temperature).policy
    let gap = world.distance(fit.fitted(), best)
    add("distance", gap)
    expect("wrong by more than 0.05", gap > 0.05)
  }
}

/// π(τ) ∝ π_ref(τ)·exp(mean over τ′ of P(τ better than τ′)/β), as probabilities of actions in each state.
private func ipo(_ world: SmallWorld, _ reference: [[Double]], beta: Double, temperature: Double) -> [[Double]] {
  let all = world.trajectories()
  var mass = [[Double]](repeating: .init(repeating: 0, count: world.actions), count: world.states)
  for one in all {
    let preference = all.reduce(0) {
      $0 + preferenceProbability(one.worth - $1.worth, temperature: temperature) / Double(all.count)
    }
    let prior = one.steps.reduce(1) { $0 * reference[$1.state][$1.action] }
    for step in one.steps { mass[step.state][step.action] += prior * exp(preference / beta) }
  }
  return mass.map { row in row.map { $0 / row.reduce(0, +) } }
}
