import Networks
import RLCore

/// Several Q(s, a) that learn from the same batches, each with a target that follows it. The least of their values is
/// believed, because a maximum over noisy values is too high (Fujimoto et al. 2018, arXiv:1802.09477, section 4.2).
struct Critics: Sendable {
  private struct Member {
    var theta: [Float]
    var target: [Float]
    var optimiser: Adam
    var work: MLP.Workspace

    mutating func descend(_ gradient: [Float], rate: Double, tau: Float) {
      optimiser.step(&theta, gradient, rate: rate, tracking: &target, tau: tau)
    }
  }

  let network: MLP
  private let observationSize: Int
  private let rows: Int
  private var members: [Member]
  /// Of one member after another, laid out as its parameters.
  private var gradient: [Float]
  /// The least Q(s, a) of the last call. Shape `[rows]`.
  private(set) var least: [Float]
  /// Whose it is. Shape `[rows]`.
  private var holders: [Int]
  /// −∇_a of the last call's mean value. Shape `[rows, actions]`.
  private(set) var actionGradient: [Float]
  private var memberGradient: [Float]
  /// All members, those first that the targets' value is asked of.
  private var order: [Int]

  init(
    _ count: Int, hidden: [Int], observationSize: Int, actionSize: Int, rows: Int, using random: inout RandomStream
  ) {
    let network = MLP([observationSize + actionSize] + hidden + [1], hidden: .relu, output: .identity)
    self.network = network
    self.observationSize = observationSize
    self.rows = rows
    members = (0..<count).map { _ in
      let theta = network.initialParameters(outputRange: 3e-3, using: &random)
      return Member(
        theta: theta, target: theta, optimiser: Adam(parameterCount: theta.count),
        work: MLP.Workspace(for: network, rows: rows))
    }
    gradient = .init(repeating: 0, count: network.parameterCount)
    least = .init(repeating: 0, count: rows)
    holders = .init(repeating: 0, count: rows)
    actionGradient = .init(repeating: 0, count: rows * actionSize)
    memberGradient = actionGradient
    order = Array(0..<count)
  }

  private var stride: Int { network.sizes[0] }

  /// Sets ``least`` to min_i Q′_i(s, a) of the targets, a row for each of `pairs`.
  mutating func valueByTargets(_ pairs: [Float]) { valueByTargets(pairs, first: members.count) }

  /// The same of `count` members drawn at random (Chen et al. 2021, arXiv:2101.05982, algorithm 1).
  mutating func valueByTargets(_ pairs: [Float], drawn count: Int, using random: inout RandomStream) {
    for i in order.indices { order[i] = i }
    for k in 0..<count { order.swapAt(k, k + random.integer(below: members.count - k)) }
    valueByTargets(pairs, first: count)
  }

  private mutating func valueByTargets(_ pairs: [Float], first count: Int) {
    for k in 0..<count {
      let i = order[k]
      network.forward(members[i].target, pairs, stride: stride, rows: rows, into: &members[i].work)
      takeLeast(i, isFirst: k == 0)
    }
  }

  private mutating func takeLeast(_ i: Int, isFirst: Bool) {
    for r in 0..<rows {
      let value = members[i].work.output(r)
      // This way round a NaN of another comes in.
      if isFirst || !(value >= least[r]) {
        least[r] = value
        holders[r] = i
      }
    }
  }

  /// Q_i(s, a) of every member, for a look now and then.
  func values(of pair: [Float]) -> [Float] { members.map { network.outputs($0.theta, of: pair)[0] } }

  /// One step of every member down its mean (Q_i(s, a) − y)² and, by `decay`, its squared parameters, its target following
  /// by `tau`. Returns the mean loss without the decay's part, and the mean value before the step, over members and rows.
  mutating func fit(
    _ pairs: [Float], to y: [Float], rate: Double, tau: Float, decay: Float = 0
  ) -> (loss: Double, value: Double) {
    let n = Float(rows)
    var (loss, value): (Float, Float) = (0, 0)
    for i in members.indices {
      network.forward(members[i].theta, pairs, stride: stride, rows: rows, into: &members[i].work)
      for r in 0..<rows {
        let q = members[i].work.output(r)
        let error = q - y[r]
        members[i].work.setGradient(r, to: 2 * error / n)
        loss += error * error
        value += q
      }
      network.backward(
        members[i].theta, pairs, stride: stride, rows: rows, &members[i].work, into: &gradient)
      if decay > 0 { addDecay(decay, of: members[i].theta, to: &gradient) }
      members[i].descend(gradient, rate: rate, tau: tau)
    }
    let count = Double(rows * members.count)
    return (Double(loss) / count, Double(value) / count)
  }

  /// Sets ``actionGradient`` to the gradient of −1/N Σ min_i Q_i(s, a), and returns the mean of those values.
  mutating func climbLeast(_ pairs: [Float]) -> Double {
    for i in members.indices {
      network.forward(members[i].theta, pairs, stride: stride, rows: rows, into: &members[i].work)
      takeLeast(i, isFirst: i == 0)
    }
    for i in members.indices {
      for r in 0..<rows { members[i].work.setGradient(r, to: holders[r] == i ? -1 / Float(rows) : 0) }
      carryDown(i)
    }
    return Double(least.reduce(0, +)) / Double(rows)
  }

  /// The same for the first member alone.
  mutating func climbFirst(_ pairs: [Float]) -> Double {
    network.forward(members[0].theta, pairs, stride: stride, rows: rows, into: &members[0].work)
    takeLeast(0, isFirst: true)
    for r in 0..<rows { members[0].work.setGradient(r, to: -1 / Float(rows)) }
    carryDown(0)
    return Double(least.reduce(0, +)) / Double(rows)
  }

  /// The same for the mean over all members.
  mutating func climbMean(_ pairs: [Float]) -> Double {
    let slope = -1 / Float(rows * members.count)
    var sum: Float = 0
    for i in members.indices {
      network.forward(members[i].theta, pairs, stride: stride, rows: rows, into: &members[i].work)
      for r in 0..<rows {
        sum += members[i].work.output(r)
        members[i].work.setGradient(r, to: slope)
      }
      carryDown(i)
    }
    return Double(sum) / Double(rows * members.count)
  }

  /// Adds member i's part to ``actionGradient``; the first one's is there alone.
  private mutating func carryDown(_ i: Int) {
    let columns = observationSize..<stride
    if i == 0 {
      network.inputGradient(
        members[0].theta, columns: columns, rows: rows, &members[0].work, into: &actionGradient)
    } else {
      network.inputGradient(
        members[i].theta, columns: columns, rows: rows, &members[i].work, into: &memberGradient)
      for j in actionGradient.indices { actionGradient[j] += memberGradient[j] }
    }
  }

  /// The library products of ``valueByTargets(_:)``.
  var valueProducts: [GEMM] { members.indices.flatMap { _ in network.forwardProducts(rows: rows) } }
  /// Those of ``fit(_:to:rate:tau:decay:)``.
  var fitProducts: [GEMM] {
    valueProducts + members.indices.flatMap { _ in network.backwardProducts(rows: rows, keepingGradients: true) }
  }
  /// Those of climbing by the values of so many members.
  func climbProducts(_ count: Int) -> [GEMM] {
    let one = network.forwardProducts(rows: rows) + network.backwardProducts(rows: rows, keepingGradients: false)
    return (0..<count).flatMap { _ in one }
  }
}

extension Critics {
  func save(to checkpoint: inout CheckpointWriter) {
    for (i, member) in members.enumerated() {
      checkpoint.add("critic\(i + 1)", member.theta)
      checkpoint.add("target/critic\(i + 1)", member.target)
      member.optimiser.save(as: "optimiser/critic\(i + 1)", to: &checkpoint)
    }
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    for i in members.indices {
      members[i].theta = try checkpoint.floats("critic\(i + 1)", count: network.parameterCount)
      members[i].target = try checkpoint.floats("target/critic\(i + 1)", count: network.parameterCount)
      try members[i].optimiser.restore("optimiser/critic\(i + 1)", from: checkpoint)
    }
  }
}
