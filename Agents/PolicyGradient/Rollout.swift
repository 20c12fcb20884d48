import RLCore

/// What T steps of N lanes with one policy have seen, in the order of time: row t·N + i is step t of lane i.
struct Rollout<Scalar: Sendable>: Sendable {
  let steps: Int
  let lanes: Int
  let observationSize: Int
  let actionSize: Int

  /// Steps taken so far.
  private(set) var time = 0
  /// Shape `[T + 1, N, observationSize]`: those acted on, and those after the last step.
  var observations: [Float]
  /// As the policy drew them. Shape `[T, N, actionSize]`.
  var actions: [Scalar]
  /// Of the actions, when they were drawn. Shape `[T, N]`.
  var logProbabilities: [Float]
  /// Shape `[T, N]`.
  var rewards: [Float]
  var endings: [Ending]
  /// The observations that truncated episodes left with; other rows are old. Shape `[T, N, observationSize]`.
  var finals: [Float]

  /// Samples in a full rollout.
  var count: Int { steps * lanes }
  var isFull: Bool { time == steps }

  init(steps: Int, lanes: Int, observationSize: Int, actionSize: Int) where Scalar: Numeric {
    self.steps = steps
    self.lanes = lanes
    self.observationSize = observationSize
    self.actionSize = actionSize
    let count = steps * lanes
    observations = .init(repeating: 0, count: (steps + 1) * lanes * observationSize)
    actions = .init(repeating: 0, count: count * actionSize)
    logProbabilities = .init(repeating: 0, count: count)
    rewards = .init(repeating: 0, count: count)
    endings = .init(repeating: .running, count: count)
    finals = .init(repeating: 0, count: count * observationSize)
  }

  /// Puts `observations` at the present time.
  mutating func see(_ observations: [Float]) {
    let start = time * lanes * observationSize
    for i in observations.indices { self.observations[start + i] = observations[i] }
  }

  /// Keeps what was drawn at the present time.
  mutating func keep(_ actions: [Scalar], _ logProbabilities: [Float]) {
    for i in actions.indices { self.actions[time * lanes * actionSize + i] = actions[i] }
    for i in logProbabilities.indices { self.logProbabilities[time * lanes + i] = logProbabilities[i] }
  }

  /// Ends the present step. `finals` holds the observations of lanes that were truncated.
  mutating func finishStep(_ endings: [Ending], finals: [Float]) {
    for lane in 0..<lanes {
      let row = time * lanes + lane
      self.endings[row] = endings[lane]
      if endings[lane] == .truncated {
        for j in 0..<observationSize { self.finals[row * observationSize + j] = finals[lane * observationSize + j] }
      }
    }
    time += 1
  }

  mutating func restart() { time = 0 }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("rollout/time", time)
    checkpoint.add("rollout/observations", observations)
    checkpoint.add("rollout/finals", finals)
    checkpoint.add("rollout/actions", drawn: actions)
    checkpoint.add("rollout/logps", logProbabilities)
    checkpoint.add("rollout/rewards", rewards)
    checkpoint.add("rollout/endings", endings.map { Int($0.rawValue) })
  }

  /// `outputs`: of the distribution that actions are drawn from.
  mutating func restore(from checkpoint: CheckpointReader, outputs: Int) throws {
    time = try checkpoint.int("rollout/time")
    observations = try checkpoint.floats("rollout/observations", count: observations.count)
    finals = try checkpoint.floats("rollout/finals", count: finals.count)
    actions = try checkpoint.drawn("rollout/actions", count: actions.count, outputs: outputs)
    logProbabilities = try checkpoint.floats("rollout/logps", count: count)
    rewards = try checkpoint.floats("rollout/rewards", count: count)
    endings = try checkpoint.ints("rollout/endings", count: count).map { number in
      guard let ending = UInt8(exactly: number).flatMap(Ending.init) else {
        throw CoreError.badCheckpoint("its array 'rollout/endings' holds \(number); expected 0, 1 or 2")
      }
      return ending
    }
  }
}

/// Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, equation 16), over lanes side by side:
/// A_t = δ_t + γλ A_{t+1} with δ_t = r_t + γ V(s_{t+1}) − V(s_t), within episodes.
///
/// Where an episode was terminated, nothing follows; where it was truncated, V of the state it left with does, and no
/// advantage of the next episode; behind the last step the rollout's last values stand.
///
/// `rewards`, `endings`, `finalValues` and `advantages` have shape `[T, N]`, `values` `[T + 1, N]`; `finalValues` are read
/// where an episode was truncated.
func estimateAdvantages(
  _ rewards: [Float], _ endings: [Ending], values: [Float], finalValues: [Float], lanes: Int, discount: Float,
  lambda: Float, into advantages: inout [Float]
) {
  for row in (0..<rewards.count).reversed() {
    let next: Float
    var later: Float = 0
    switch endings[row] {
    case .running:
      next = values[row + lanes]
      if row + lanes < rewards.count { later = advantages[row + lanes] }
    case .terminated: next = 0
    case .truncated: next = finalValues[row]
    }
    let error = rewards[row] + discount * next - values[row]
    advantages[row] = error + discount * lambda * later
  }
}
