import Networks
import RLCore

/// A policy that learns from clips: the network, its optimiser, and the order in which batches are drawn.
///
/// What ``DPO`` and ``BehaviourCloning`` share. A batch is some clips, all of whose steps go through the network at once.
struct ClipNetwork<Head: RecordedActions>: Sendable {
  private(set) var policy: PolicyNetwork<Head>
  private var normalizer: RowNormalizer
  private var gradient: [Float]
  /// That of the clips at hand. Shape `[parameters]`.
  private var part: [Float]
  private var optimiser: Adam
  /// Weight γᵗ of each time. Shape `[longest clip]`.
  private let discounts: [Float]

  let clips: ClipRows<Head>
  /// The clips of the present batch, and the first row of each in `inputs`; one more entry closes the last.
  private(set) var batch: [Int] = []
  private(set) var starts: [Int] = []
  /// Observations of the batch. Shape `[rows, observationSize]`.
  private var inputs: [Float]
  private var work: MLP.Workspace
  /// What the distribution keeps of each state beside the network's outputs. Shape `[rows, outputs]`.
  private var kept: [Float]

  /// `start`: the weights to begin from, fresh ones where there is none. `rowsAtOnce`: the most that a batch will have.
  init(
    _ head: Head, _ settings: some PolicyNetworkSettings, observationSize: Int, start: SavedPolicy?, clips: [Episode],
    rowsAtOnce: Int, discount: Double, seed: UInt64
  ) {
    var random = RandomStream(SeedSequence(seed).spawn(0))
    policy = PolicyNetwork(
      head, observationSize: observationSize, hidden: settings.hidden, activation: settings.activation, using: &random)
    normalizer = RowNormalizer(size: observationSize, isOn: settings.normalizeObservations)
    if let start {
      policy.theta = start.parameters
      normalizer = RowNormalizer(start.moments)
    } else {
      for clip in clips {
        guard case .float32(let seen) = clip.observations.values else { continue }
        normalizer.learn(seen, rows: clip.length)
      }
    }
    gradient = .init(repeating: 0, count: policy.theta.count)
    part = gradient
    optimiser = Adam(parameterCount: policy.theta.count)
    var rows = ClipRows(head, observationSize: observationSize)
    rows.append(clips, head, normalizer)
    self.clips = rows
    var (weight, discounts): (Float, [Float]) = (1, [])
    for _ in 0..<(clips.map(\.length).max() ?? 0) {
      discounts.append(weight)
      weight *= Float(discount)
    }
    self.discounts = discounts
    inputs = .init(repeating: 0, count: max(rowsAtOnce, 1) * observationSize)
    work = policy.workspace(rows: max(rowsAtOnce, 1), gradients: true)
    kept = .init(repeating: 0, count: max(rowsAtOnce, 1) * head.outputs)
  }

  /// Begins a batch.
  mutating func clear() {
    batch.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
  }

  /// Adds a clip to the batch.
  mutating func take(_ clip: Int) {
    let rows = clips.rows(of: clip)
    let width = clips.observationSize
    let shift = (starts.last! - rows.lowerBound) * width
    for i in rows.lowerBound * width..<rows.upperBound * width { inputs[i + shift] = clips.observations[i] }
    batch.append(clip)
    starts.append(starts.last! + rows.count)
  }

  /// Steps of the batch so far.
  var rows: Int { starts.last! }

  /// Runs the batch through the network.
  mutating func forward() {
    policy.network.forward(
      policy.theta, inputs, stride: clips.observationSize, rows: starts.last!, into: &work)
    let (head, rows) = (policy.head, rows)
    kept.withUnsafeMutableBufferPointer { kept in
      work.withMutableOutput { head.settle($0, kept.baseAddress!, rows: rows) }
    }
  }

  /// Σ γᵗ log π(a_t|s_t) of the batch's clip at `place`.
  func logProbability(at place: Int) -> Double {
    let head = policy.head
    let first = clips.starts[batch[place]]
    var sum = 0.0
    clips.actions.withUnsafeBufferPointer { actions in
      policy.withFree { free in
        work.withOutput { outputs in
          for t in 0..<(starts[place + 1] - starts[place]) {
            let logProbability = head.settledLogProbability(
              of: actions.baseAddress! + (first + t) * head.actionSize, outputs + (starts[place] + t) * head.outputs,
              free)
            sum += Double(discounts[t] * logProbability)
          }
        }
      }
    }
    return sum
  }

  /// Σ KL(π‖other) over the states of the batch's clip at `place`. `others`: settled outputs of another network of the same
  /// kind in all clips, shape `[rows, outputs]`; `otherParameters`: its parameters.
  func divergence(at place: Int, from others: [Float], _ otherParameters: [Float]) -> Double {
    let head = policy.head
    let first = clips.starts[batch[place]]
    var sum = 0.0
    others.withUnsafeBufferPointer { others in
      otherParameters.withUnsafeBufferPointer { otherParameters in
        let otherFree = otherParameters.baseAddress! + policy.network.parameterCount
        policy.withFree { free in
          work.withOutput { outputs in
            kept.withUnsafeBufferPointer { kept in
              for t in 0..<(starts[place + 1] - starts[place]) {
                let row = (starts[place] + t) * head.outputs
                sum += Double(
                  head.settledDivergence(
                    outputs + row, kept.baseAddress! + row, free,
                    from: others.baseAddress! + (first + t) * head.outputs, otherFree))
              }
            }
          }
        }
      }
    }
    return sum
  }

  /// The network's outputs, settled, in the batch's clip at `place`.
  func withOutputs(at place: Int, _ body: (UnsafeBufferPointer<Float>) -> Void) {
    let outputs = policy.head.outputs
    work.withOutput {
      body(.init(start: $0 + starts[place] * outputs, count: (starts[place + 1] - starts[place]) * outputs))
    }
  }

  /// One step of Adam down what was added since the gradient was cleared.
  mutating func descend(rate: Double) { optimiser.step(&policy.theta, gradient, rate: rate) }

  mutating func clearGradient() {
    for i in gradient.indices { gradient[i] = 0 }
  }

  /// Adds the gradient of Σ w·Σ γᵗ log π(a_t|s_t), where w is the weight of each clip of the batch.
  mutating func addGradient(_ weights: [Double]) {
    setPart(weights)
    gradient.withUnsafeMutableBufferPointer { gradient in
      part.withUnsafeBufferPointer { part in
        for i in gradient.indices { gradient[i] += part[i] }
      }
    }
  }

  private mutating func setPart(_ weights: [Double]) {
    let (head, network, clips, batch, starts, discounts, kept) = (
      policy.head, policy.network, clips, batch, starts, discounts, kept
    )
    for i in network.parameterCount..<part.count { part[i] = 0 }
    part.withUnsafeMutableBufferPointer { gradient in
      let freeGradient = gradient.baseAddress! + network.parameterCount
      work.withOutputAndGradient { outputs, slopes in
        clips.actions.withUnsafeBufferPointer { actions in
          policy.withFree { free in
            for (place, clip) in batch.enumerated() {
              let first = clips.starts[clip]
              let weight = Float(weights[place])
              for t in 0..<(starts[place + 1] - starts[place]) {
                let row = (starts[place] + t) * head.outputs
                kept.withUnsafeBufferPointer {
                  head.settledPullBack(
                    weight * discounts[t], at: actions.baseAddress! + (first + t) * head.actionSize, outputs + row,
                    $0.baseAddress! + row, free, into: slopes + row, freeGradient)
                }
              }
            }
          }
        }
      }
    }
    network.backward(
      policy.theta, inputs, stride: clips.observationSize, rows: starts.last!, &work, into: &part)
  }

  /// What ``addGradient(_:)`` added up, and the parameters themselves: for tests and for second-order methods.
  var gradientAndParameters: (gradient: [Float], parameters: [Float]) {
    get { (gradient, policy.theta) }
    set { policy.theta = newValue.parameters }
  }

  /// What observations are normalised by, as a checkpoint has it.
  var moments: [Double] { normalizer.numbers }

  func frozen(sampledWith seed: UInt64?) -> StochasticPolicy<Head> {
    policy.frozen(normalizer, sampledWith: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("policy", policy.theta)
    optimiser.save(as: "optimiser", to: &checkpoint)
    normalizer.save(to: &checkpoint)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    policy.theta = try checkpoint.floats("policy", count: policy.theta.count)
    try optimiser.restore("optimiser", from: checkpoint)
    try normalizer.restore(from: checkpoint)
  }
}

/// An order in which things are drawn without replacement, and shuffled again when all have been.
struct EpochOrder: Sendable {
  private var order: [Int]
  private var next: Int
  private var random: RandomStream

  init(count: Int, random: RandomStream) {
    order = Array(0..<count)
    next = count
    self.random = random
  }

  /// Up to `count` things; fewer where an epoch ends.
  mutating func draw(_ count: Int) -> Range<Int> {
    if next == order.count {
      random.shuffle(&order)
      next = 0
    }
    let drawn = next..<min(next + count, order.count)
    next = drawn.upperBound
    return drawn
  }

  subscript(place: Int) -> Int { order[place] }

  /// Whether all have been drawn.
  var isOver: Bool { next == order.count }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("order", order + [next])
    checkpoint.add("random/batches", random)
  }

  /// Without things to draw, as where a finished run is only played, the order does not matter.
  mutating func restore(from checkpoint: CheckpointReader) throws {
    guard !order.isEmpty else { return }
    let numbers = try checkpoint.ints("order", count: order.count + 1)
    (order, next) = (numbers.dropLast(), numbers.last!)
    random = try checkpoint.random("random/batches")
  }
}
