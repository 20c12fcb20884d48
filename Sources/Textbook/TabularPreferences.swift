import Agents
import Foundation
import Networks
import RLCore

/// A small episodic world, and all its trajectories one by one: where the answer of a preference loss can be written down.
struct SmallWorld {
  /// What an action may lead to.
  struct Branch {
    var probability = 1.0
    var reward: Double
    /// `nil` at a true end.
    var next: Int?
  }

  /// `branches[s][a]`; no state is visited twice in an episode.
  let branches: [[[Branch]]]
  let starts: [Int]
  var discount = 1.0

  var states: Int { branches.count }
  var actions: Int { branches[0].count }

  /// One way through the world.
  struct Trajectory {
    var start: Int
    var steps: [(state: Int, action: Int)] = []
    /// Of the world's own chances, whatever the policy.
    var chance = 1.0
    /// Σ γᵗ r.
    var worth = 0.0
    /// Where it was cut; `nil` at a true end.
    var rest: Int?
  }

  /// All trajectories, cut after `length` steps.
  func trajectories(length: Int = .max) -> [Trajectory] {
    var done: [Trajectory] = []
    func extend(_ path: Trajectory, at state: Int, weight: Double) {
      for a in 0..<actions {
        for branch in branches[state][a] {
          var longer = path
          longer.steps.append((state, a))
          longer.chance *= branch.probability
          longer.worth += weight * branch.reward
          longer.rest = branch.next
          if let next = branch.next, longer.steps.count < length {
            extend(longer, at: next, weight: weight * discount)
          } else {
            done.append(longer)
          }
        }
      }
    }
    for start in starts { extend(Trajectory(start: start), at: start, weight: 1) }
    return done
  }

  /// The policy that is best for Σ γᵗ [r/T − β log π/π_ref], by soft value iteration, and its values:
  /// π(a|s) ∝ π_ref(a|s)·exp(Q(s, a)/β), V(s) = β log Σ π_ref exp(Q/β).
  func best(from reference: [[Double]], beta: Double, temperature: Double) -> (
    policy: [[Double]], v: [Double], q: [[Double]]
  ) {
    var v = [Double](repeating: 0, count: states)
    var q = [[Double]](repeating: .init(repeating: 0, count: actions), count: states)
    var policy = reference
    // No state comes back, so that as many sweeps as states are enough.
    for _ in 0..<states {
      for s in 0..<states {
        for a in 0..<actions {
          q[s][a] = branches[s][a].reduce(0) {
            $0 + $1.probability * ($1.reward / temperature + discount * ($1.next.map { v[$0] } ?? 0))
          }
        }
        let mass = (0..<actions).map { reference[s][$0] * exp(q[s][$0] / beta) }
        let sum = mass.reduce(0, +)
        v[s] = beta * log(sum)
        policy[s] = mass.map { $0 / sum }
      }
    }
    return (policy, v, q)
  }

  /// max over states of half of Σ |π − π′|.
  func distance(_ one: [[Double]], _ other: [[Double]]) -> Double {
    zip(one, other).map { zip($0, $1).reduce(0) { $0 + abs($1.0 - $1.1) } / 2 }.max() ?? 0
  }
}

/// A softmax policy with a number for each state and action, in double precision, that a preference loss fits to pairs
/// of trajectories.
struct TabularPreferences {
  let world: SmallWorld
  let loss: PreferenceLoss
  let reference: [[Double]]
  /// Each with the probability that the left one is preferred, and how much it counts.
  let pairs: [(left: SmallWorld.Trajectory, right: SmallWorld.Trajectory, preference: Double, weight: Double)]
  /// γ of the log-probabilities.
  var discount: Double

  /// Labels of all pairs for which `isPair` holds, by σ((worth − worth′)/T) with the share `flips` turned round.
  init(
    _ world: SmallWorld, _ loss: PreferenceLoss, reference: [[Double]], temperature: Double, flips: Double = 0,
    among trajectories: [SmallWorld.Trajectory]? = nil,
    where isPair: (SmallWorld.Trajectory, SmallWorld.Trajectory) -> Bool = { $0.start == $1.start }
  ) {
    self.world = world
    self.loss = loss
    self.reference = reference
    discount = world.discount
    let all = trajectories ?? world.trajectories()
    var pairs: [(left: SmallWorld.Trajectory, right: SmallWorld.Trajectory, preference: Double, weight: Double)] = []
    for i in all.indices {
      for j in i + 1..<all.count where isPair(all[i], all[j]) {
        let p = preferenceProbability(all[i].worth - all[j].worth, temperature: temperature)
        pairs.append((all[i], all[j], p + flips * (1 - 2 * p), all[i].chance * all[j].chance))
      }
    }
    self.pairs = pairs
  }

  /// The policy of least loss, from logits that are all `start`'s.
  func fitted(from start: [Double]? = nil) -> [[Double]] {
    let count = world.states * world.actions
    return probabilities(minimum(from: start ?? .init(repeating: 0, count: count)) { cost($0) })
  }

  private func probabilities(_ logits: [Double]) -> [[Double]] {
    (0..<world.states).map { s in
      let row = logits[s * world.actions..<(s + 1) * world.actions]
      let top = row.max()!
      let mass = row.map { exp($0 - top) }
      let sum = mass.reduce(0, +)
      return mass.map { $0 / sum }
    }
  }

  /// The loss and its gradient in the logits.
  private func cost(_ logits: [Double]) -> (value: Double, gradient: [Double]) {
    let policy = probabilities(logits)
    var gradient = [Double](repeating: 0, count: logits.count)
    var value = 0.0
    for pair in pairs {
      let cost = loss(said(pair.left, policy), said(pair.right, policy), preference: pair.preference)
      value += pair.weight * cost.loss
      for (trajectory, slope) in [(pair.left, cost.left), (pair.right, cost.right)] {
        var weight = pair.weight * slope
        for step in trajectory.steps {
          for a in 0..<world.actions {
            gradient[step.state * world.actions + a] += weight * ((a == step.action ? 1 : 0) - policy[step.state][a])
          }
          weight *= discount
        }
      }
    }
    return (value, gradient)
  }

  private func said(_ trajectory: SmallWorld.Trajectory, _ policy: [[Double]]) -> PreferenceLoss.Clip {
    var (one, other, weight) = (0.0, 0.0, 1.0)
    for step in trajectory.steps {
      one += weight * log(policy[step.state][step.action])
      if loss.usesReference { other += weight * log(reference[step.state][step.action]) }
      weight *= discount
    }
    return .init(policy: one, reference: other, length: trajectory.steps.count)
  }
}

/// Where a smooth function is least, by the method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal & Wright 2006,
/// *Numerical Optimization*, algorithm 6.1) with halved steps.
private func minimum(
  from start: [Double], of function: ([Double]) -> (value: Double, gradient: [Double])
) -> [Double] {
  let n = start.count
  var x = start
  var (value, gradient) = function(x)
  // H, which approximates the inverse of the second derivatives. Shape `[n, n]`.
  var inverse = (0..<n * n).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
  for _ in 0..<5000 {
    if gradient.map(abs).max()! < 1e-14 { break }
    var direction = (0..<n).map { i in -(0..<n).reduce(0.0) { $0 + inverse[i * n + $1] * gradient[$1] } }
    var descent = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    if descent >= 0 {
      inverse = (0..<n * n).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
      direction = gradient.map { -$0 }
      descent = -gradient.reduce(0) { $0 + $1 * $1 }
    }
    var step = 1.0
    var (moved, next) = (x, (value: value, gradient: gradient))
    while step > 1e-12 {
      moved = zip(x, direction).map { $0 + step * $1 }
      next = function(moved)
      // Near the end the values are alike to the last place, and the gradients decide.
      if next.value <= value + 1e-4 * step * descent { break }
      if next.value <= value + 1e-14 * abs(value), norm(next.gradient) < norm(gradient) { break }
      step /= 2
    }
    if step <= 1e-12 { break }
    let s = zip(moved, x).map { $0 - $1 }
    let y = zip(next.gradient, gradient).map { $0 - $1 }
    let curvature = zip(s, y).reduce(0) { $0 + $1.0 * $1.1 }
    (x, value, gradient) = (moved, next.value, next.gradient)
    if curvature <= 0 { continue }
    let hy = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + inverse[i * n + $1] * y[$1] } }
    let scale = (1 + zip(y, hy).reduce(0) { $0 + $1.0 * $1.1 } / curvature) / curvature
    for i in 0..<n {
      for j in 0..<n { inverse[i * n + j] += scale * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature }
    }
  }
  return x
}

private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

extension TabularPreferences {
  /// The policy that the agent ``DPO`` itself finds in `updates` steps on all pairs at once, in single precision: states
  /// as one-hot vectors, no hidden layer, the reference's logarithms as first weights.
  func learned(updates: Int, rate: Double) throws -> [[Double]] {
    var configuration = DPOConfiguration()
    configuration.loss = loss
    configuration.discount = discount
    configuration.hidden = []
    configuration.batch = pairs.count
    configuration.learningRate = .linear(from: rate, to: 0, over: updates)
    configuration.start = SavedPolicy(
      parameters: reference.flatMap { $0.map { Float(log($0)) } } + .init(repeating: 0, count: world.actions),
      moments: [])
    configuration.data = Preferences(
      environment: "", clips: pairs.flatMap { [clip($0.left), clip($0.right)] },
      pairs: pairs.indices.map { .init(left: 2 * $0, right: 2 * $0 + 1, preference: pairs[$0].preference) })
    var agent = DPO(configuration, Categorical(actions: world.actions), observationSize: world.states, seed: 0)
    var meter = Meter(tags: DPO<Categorical>.metricTags)
    for _ in 0..<updates { agent.update(into: &meter) }
    if let fault = meter.fault { throw fault }
    var writer = CheckpointWriter()
    agent.save(to: &writer)
    let weights = try CheckpointReader(writer).floats("policy").map(Double.init)
    let bias = weights.suffix(world.actions)
    return probabilities(
      (0..<world.states * world.actions).map { weights[$0] + bias[bias.startIndex + $0 % world.actions] })
  }

  private func clip(_ trajectory: SmallWorld.Trajectory) -> Episode {
    let count = trajectory.steps.count
    var seen = [Float](repeating: 0, count: (count + 1) * world.states)
    for (t, step) in trajectory.steps.enumerated() { seen[t * world.states + step.state] = 1 }
    return Episode(
      observations: Tensor(shape: [count + 1, world.states], values: .float32(seen)),
      actions: Tensor(shape: [count], values: .int64(trajectory.steps.map { Int64($0.action) })),
      rewards: .init(repeating: 0, count: count), terminations: .init(repeating: false, count: count),
      truncations: .init(repeating: false, count: count),
      states: Tensor(shape: [count + 1, 1], values: .float64(.init(repeating: 0, count: count + 1))), seed: 0)
  }
}
