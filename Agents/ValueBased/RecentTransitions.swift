import RLCore

/// The last n steps of an episode, as a ring: the observation and the action that each began with, and its reward.
struct RecentTransitions: Sendable {
  private var observations: [[Float]]
  private var actions: [Float]
  private var rewards: [Float]
  private var first = 0
  private(set) var count = 0

  init(_ n: Int, observationSize: Int) {
    observations = .init(repeating: .init(repeating: 0, count: observationSize), count: n)
    actions = .init(repeating: 0, count: n)
    rewards = .init(repeating: 0, count: n)
  }

  var isFull: Bool { count == rewards.count }

  mutating func append(_ observation: [Float], _ action: Float, _ reward: Float) {
    let end = place(count)
    // Copied number by number: to keep the caller's array would make it copy its own at the next step.
    for i in observation.indices { observations[end][i] = observation[i] }
    actions[end] = action
    rewards[end] = reward
    count += 1
  }

  /// Takes off the oldest step and stores it with R + γ R′ + … over all k steps kept and γᵏ⁻¹ `tail` as its bootstrap
  /// factor, `tail` being 0 where the last step terminated and 1 elsewhere.
  mutating func moveOldest(
    to replay: inout PrioritizedReplay, next: [Float], tail: Float, discount: Float, action buffer: inout [Float]
  ) {
    var (sum, bootstrap): (Float, Float) = (0, tail)
    for i in (0..<count).reversed() { sum = rewards[place(i)] + discount * sum }
    for _ in 1..<count { bootstrap *= discount }
    buffer[0] = actions[first]
    replay.append(observations[first], buffer, sum, next, bootstrap: bootstrap)
    first = place(1)
    count -= 1
  }

  @inline(__always)
  private func place(_ i: Int) -> Int {
    let place = first + i
    return place < rewards.count ? place : place - rewards.count
  }

  func save(to checkpoint: inout CheckpointWriter) {
    let places = (0..<count).map(place)
    checkpoint.add("recent/observations", places.flatMap { observations[$0] })
    checkpoint.add("recent/actions", places.map { actions[$0] })
    checkpoint.add("recent/rewards", places.map { rewards[$0] })
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    let rewards = try checkpoint.floats("recent/rewards")
    guard rewards.count <= self.rewards.count else {
      throw CoreError.badCheckpoint("its 'recent/rewards' are more than \(self.rewards.count)")
    }
    let actions = try checkpoint.floats("recent/actions", count: rewards.count)
    let size = observations[0].count
    let numbers = try checkpoint.floats("recent/observations", count: rewards.count * size)
    (first, count) = (0, 0)
    for i in rewards.indices { append(Array(numbers[i * size..<(i + 1) * size]), actions[i], rewards[i]) }
  }
}
