import Networks
import RLCore

/// r̂(s, a): what a step is worth by the preferences of somebody, as the mean of an ensemble of networks.
///
/// Source: Christiano et al., "Deep Reinforcement Learning from Human Preferences" (2017, arXiv:1706.03741), §2.2.3.
/// ``RewardLearning`` trains it, ``LearnedRewards`` pays with it.
public struct RewardModel: Sendable, Equatable {
  let inputs: RewardInputs
  let network: MLP
  /// Parameters of each network.
  var members: [[Float]]
  /// What is subtracted from the ensemble's mean, and what it is then divided by.
  var mean = 0.0
  var scale = 1.0

  init(_ inputs: RewardInputs, _ network: MLP, members: [[Float]]) {
    (self.inputs, self.network, self.members) = (inputs, network, members)
  }

  /// Steps to be judged, and room to do so.
  struct Room: Sendable {
    /// Shape `[rows, inputs.width]`.
    var features: [Float]
    fileprivate var work: MLP.Workspace

    init(for model: RewardModel, rows: Int) {
      features = .init(repeating: 0, count: rows * model.inputs.width)
      work = MLP.Workspace(for: model.network, rows: rows, gradients: false)
    }
  }

  /// r̂ of the first `rows` steps in `room`.
  func judge(_ room: inout Room, rows: Int, into rewards: UnsafeMutablePointer<Double>) {
    for row in 0..<rows { rewards[row] = 0 }
    let share = 1 / Double(members.count)
    for theta in members {
      network.forward(theta, room.features, stride: inputs.width, rows: rows, into: &room.work)
      for row in 0..<rows { rewards[row] += share * Double(room.work.output(row)) }
    }
    for row in 0..<rows { rewards[row] = (rewards[row] - mean) / scale }
  }

  /// r̂ of each step of a clip.
  func rewards(of clip: Episode) -> [Double] {
    var room = Room(for: self, rows: clip.length)
    inputs.write(clip, to: &room.features, at: 0)
    var rewards = [Double](repeating: 0, count: clip.length)
    rewards.withUnsafeMutableBufferPointer { judge(&room, rows: clip.length, into: $0.baseAddress!) }
    return rewards
  }

  /// Σ γᵗ r̂ of a clip by each network alone, as it was trained.
  public func returns(of clip: Episode, discount: Double) -> [Double] {
    var room = Room(for: self, rows: clip.length)
    inputs.write(clip, to: &room.features, at: 0)
    return members.map { theta in
      network.forward(theta, room.features, stride: inputs.width, rows: clip.length, into: &room.work)
      var (sum, weight) = (0.0, 1.0)
      for t in 0..<clip.length {
        sum += weight * Double(room.work.output(t))
        weight *= discount
      }
      return sum
    }
  }

  /// How much the networks differ about which of two clips is the better: the variance of their P(left).
  ///
  /// Source: Christiano et al. (2017), §2.2.4.
  public func disagreement(on left: Episode, _ right: Episode, discount: Double) -> Double {
    var moments = RunningMoments()
    for (one, other) in zip(returns(of: left, discount: discount), returns(of: right, discount: discount)) {
      moments.add(logistic(one - other))
    }
    return moments.variance
  }

  /// Why it cannot pay in a world, `nil` where it can.
  public func misfit(observations: Int, actions: Space) -> String? {
    if inputs.observationSize != observations {
      return "it judges observations of \(inputs.observationSize) numbers; expected \(observations)"
    }
    return inputs.actions == actions ? nil : "it judges actions of \(inputs.actions); expected \(actions)"
  }
}

extension RewardModel {
  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("reward/sizes", network.sizes)
    checkpoint.add("reward/activation", Activation.allCases.firstIndex(of: network.hidden)!)
    inputs.save(to: &checkpoint)
    checkpoint.add("reward/members", members.flatMap(\.self), shape: [members.count, network.parameterCount])
    checkpoint.add("reward/scale", [mean, scale])
  }

  /// Throws ``RLCore/CoreError/badCheckpoint``.
  public init(from checkpoint: CheckpointReader) throws {
    inputs = try RewardInputs(from: checkpoint)
    let sizes = try checkpoint.ints("reward/sizes")
    let activation = try checkpoint.int("reward/activation")
    guard sizes.count >= 2, sizes.allSatisfy({ (1...1_000_000).contains($0) }), sizes.first == inputs.width,
      sizes.last == 1, Activation.allCases.indices.contains(activation)
    else { throw CoreError.badCheckpoint("its reward networks have the sizes \(sizes)") }
    network = MLP(sizes, hidden: Activation.allCases[activation], output: .identity)
    let parameters = try checkpoint.floats("reward/members")
    let numbers = try checkpoint.doubles("reward/scale", count: 2)
    (mean, scale) = (numbers[0], numbers[1])
    let count = network.parameterCount
    guard !parameters.isEmpty, parameters.count % count == 0, parameters.allSatisfy(\.isFinite), mean.isFinite,
      scale.isFinite, scale > 0
    else { throw CoreError.badCheckpoint("its reward networks are not of finite numbers, \(count) each") }
    members = stride(from: 0, to: parameters.count, by: count).map { Array(parameters[$0..<$0 + count]) }
  }
}

/// How a reward network sees a step: the observation in deviations from its mean over the clips, clipped to ±10, then the
/// action, one number for each of discrete ones and 1 for the one that was taken, others in half ranges.
struct RewardInputs: Sendable, Equatable {
  let observationSize: Int
  let actions: Space
  /// Of each number of an observation. Shape `[observationSize]`.
  private var shift: [Float]
  private var scale: [Float]

  init(observationSize: Int, actions: Space, clips: [Episode]) {
    self.observationSize = observationSize
    self.actions = actions
    var moments = [RunningMoments](repeating: RunningMoments(), count: observationSize)
    for clip in clips {
      guard case .float32(let seen) = clip.observations.values else { continue }
      for i in 0..<clip.length * observationSize { moments[i % observationSize].add(Double(seen[i])) }
    }
    shift = moments.map { Float($0.mean) }
    scale = moments.map { Float(1 / $0.divisor) }
  }

  /// Numbers that a network sees.
  var width: Int {
    switch actions {
    case .discrete(let count): observationSize + count
    case .box(let low, _): observationSize + low.count
    }
  }

  /// Writes one step.
  func write<Scalar>(
    _ observation: UnsafePointer<Float>, _ action: UnsafePointer<Scalar>, to row: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<observationSize { row[i] = max(-10, min(10, (observation[i] - shift[i]) * scale[i])) }
    let rest = row + observationSize
    switch actions {
    case .discrete(let count):
      for a in 0..<count { rest[a] = 0 }
      rest[UnsafeRawPointer(action).load(as: Int.self)] = 1
    case .box(let low, let high):
      let action = UnsafeRawPointer(action).assumingMemoryBound(to: Float.self)
      for i in low.indices {
        // The world clips what lies outside.
        let taken = max(low[i], min(high[i], action[i]))
        rest[i] = (2 * taken - low[i] - high[i]) / (high[i] - low[i])
      }
    }
  }

  /// Writes the steps of a clip into `rows` from row `first` on.
  func write(_ clip: Episode, to rows: inout [Float], at first: Int) {
    guard case .float32(let seen) = clip.observations.values else { preconditionFailure("observations are floats") }
    rows.withUnsafeMutableBufferPointer { rows in
      seen.withUnsafeBufferPointer { seen in
        func writeAll<Scalar>(_ taken: UnsafeBufferPointer<Scalar>, each size: Int) {
          for t in 0..<clip.length {
            write(
              seen.baseAddress! + t * observationSize, taken.baseAddress! + t * size,
              to: rows.baseAddress! + (first + t) * width)
          }
        }
        switch clip.actions.values {
        case .int64(let taken): taken.map(Int.init).withUnsafeBufferPointer { writeAll($0, each: 1) }
        case .float32(let taken): taken.withUnsafeBufferPointer { writeAll($0, each: actions.size) }
        default: preconditionFailure("actions are 64-bit integers or 32-bit floats")
        }
      }
    }
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("reward/shift", shift)
    checkpoint.add("reward/factor", scale)
    switch actions {
    case .discrete(let count): checkpoint.add("reward/actions", count)
    case .box(let low, let high): checkpoint.add("reward/actions", low + high, shape: [2, low.count])
    }
  }

  init(from checkpoint: CheckpointReader) throws {
    shift = try checkpoint.floats("reward/shift")
    observationSize = shift.count
    scale = try checkpoint.floats("reward/factor", count: shift.count)
    if case .float32(let bounds) = try checkpoint.tensor("reward/actions").values {
      actions = .box(low: Array(bounds.prefix(bounds.count / 2)), high: Array(bounds.suffix(bounds.count / 2)))
    } else {
      actions = .discrete(try checkpoint.int("reward/actions"))
    }
    guard (shift + scale).allSatisfy(\.isFinite), actions.isJudged else {
      throw CoreError.badCheckpoint("its inputs of rewards are not of finite numbers")
    }
  }
}

extension Space {
  /// Whether there are actions, and bounds that differ.
  fileprivate var isJudged: Bool {
    switch self {
    case .discrete(let count): count > 0
    case .box(let low, let high): !low.isEmpty && zip(low, high).allSatisfy { $0 < $1 && ($1 - $0).isFinite }
    }
  }
}
