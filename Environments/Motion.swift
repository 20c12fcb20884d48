import CSIMD
import RLCore

/// The state of one world, or of several side by side, and its laws. It holds `Number`s and nothing else.
public protocol Motion: Sendable {
  associatedtype Number: Lane
  /// What may be set of the laws.
  associatedtype Laws: Sendable
  associatedtype Action: SpaceElement

  init()
  /// A first state, the same in every lane, drawn from `random`.
  init(startingUnder laws: Laws, using random: inout RandomStream)
  /// One step; `actions` leads to one row a lane.
  mutating func step(_ actions: UnsafePointer<Action.Scalar>, under laws: Laws) -> (
    reward: Number, hasEnded: Number.Mask
  )
  /// Writes one row a lane.
  func observe(under laws: Laws, into rows: UnsafeMutablePointer<Float>)
}

/// Lanes of a world whose dynamics are a ``Motion``, in groups of ``Wide/count``.
public struct MotionLanes<One: Motion, Many: Motion>: EnvironmentLanes
where One.Number == Double, Many.Number == Wide, One.Laws == Many.Laws, One.Action == Many.Action {
  public typealias Observation = [Float]
  public typealias Action = One.Action
  public typealias Laws = One.Laws

  private let laws: Laws
  private let width: Int
  private let actionWidth: Int
  private var streams: [RandomStream]
  private var groups: [Many]
  /// A group's rows where it has lanes to spare.
  private var spareActions: [Action.Scalar]
  private var spareRows: [Float]
  // Made where the motions are concrete: see `Learner`.
  private let specialisedReset: @Sendable (inout Self, UnsafeBufferPointer<Int>, UnsafeMutablePointer<Float>) -> Void
  private let specialisedStep: @Sendable (inout Self, LaneMemory<[Float], Action>) -> Void

  /// `width` and `actionWidth`: floats in a row of observations, numbers in a row of actions.
  @inline(__always)
  init(_ laws: Laws, width: Int, actionWidth: Int, drawingFrom streams: [RandomStream]) {
    let size = Wide.count
    precondition(
      MemoryLayout<Many>.size == size * MemoryLayout<One>.size, "a motion holds its numbers and nothing else")
    self.laws = laws
    self.streams = streams
    self.width = width
    self.actionWidth = actionWidth
    groups = .init(repeating: .init(), count: (streams.count + size - 1) / size)
    spareActions = .init(repeating: 0, count: size * actionWidth)
    spareRows = .init(repeating: 0, count: size * width)
    specialisedReset = { $0.start($1, into: $2) }
    specialisedStep = { $0.stepGroups($1) }
  }

  public mutating func reset(_ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<Float>) {
    specialisedReset(&self, lanes, rows)
  }

  public mutating func step(_ memory: LaneMemory<[Float], Action>) { specialisedStep(&self, memory) }

  private mutating func start(_ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<Float>) {
    for lane in lanes {
      let one = One(startingUnder: laws, using: &streams[lane])
      one.observe(under: laws, into: rows + lane &* width)
      place(one, in: lane)
      // Lanes to spare do as the first lane of their group, so that they stay in the world.
      if lane == Wide.count * (groups.count - 1) {
        for spare in streams.count..<Wide.count * groups.count { place(one, in: spare) }
      }
    }
  }

  /// Number k of the state of lane i of a group of n lies at n·k + i.
  private mutating func place(_ one: One, in lane: Int) {
    let (group, i) = lane.quotientAndRemainder(dividingBy: Wide.count)
    withUnsafeBytes(of: one) { numbers in
      withUnsafeMutableBytes(of: &groups[group]) { group in
        for k in 0..<numbers.count / 8 {
          group.storeBytes(
            of: numbers.load(fromByteOffset: 8 &* k, as: Double.self), toByteOffset: 8 &* (Wide.count &* k &+ i),
            as: Double.self)
        }
      }
    }
  }

  private mutating func stepGroups(_ memory: LaneMemory<[Float], Action>) {
    let size = Wide.count
    let (laws, width, actionWidth) = (laws, width, actionWidth)
    let whole = streams.count / size
    // Without a branch: which lanes end cannot be predicted, and the next group would have to wait to be begun again.
    let endings = UnsafeMutableRawPointer(memory.endings).assumingMemoryBound(to: UInt8.self)
    groups.withUnsafeMutableBufferPointer { groups in
      var (actions, rows) = (memory.actions, memory.observations)
      for g in 0..<whole {
        let (reward, hasEnded) = groups[g].step(actions, under: laws)
        groups[g].observe(under: laws, into: rows)
        rl_store_doubles(reward.values, memory.rewards + size &* g)
        rl_store_flags(hasEnded, endings + size &* g)
        actions += size &* actionWidth
        rows += size &* width
      }
    }
    if whole < groups.count { stepSpareGroup(memory) }
  }

  /// The last group, where it has fewer lanes than numbers.
  private mutating func stepSpareGroup(_ memory: LaneMemory<[Float], Action>) {
    let (first, width) = (Wide.count * (groups.count - 1), width)
    let count = streams.count - first
    for i in spareActions.indices {
      spareActions[i] = memory.actions[first * actionWidth + (i < count * actionWidth ? i : i % actionWidth)]
    }
    var group = groups[groups.count - 1]
    let laws = laws
    let (reward, hasEnded) = group.step(spareActions, under: laws)
    groups[groups.count - 1] = group
    spareRows.withUnsafeMutableBufferPointer { group.observe(under: laws, into: $0.baseAddress!) }
    for i in 0..<count * width { memory.observations[first * width + i] = spareRows[i] }
    for i in 0..<count {
      memory.rewards[first + i] = reward.values[i]
      memory.endings[first + i] = hasEnded[i] != 0 ? .terminated : .running
    }
  }

  /// Numbers in the state of one lane.
  private static var size: Int { MemoryLayout<One>.size / MemoryLayout<Double>.size }

  public func save(to checkpoint: inout CheckpointWriter, first: Int) {
    for lane in streams.indices {
      let (group, i) = lane.quotientAndRemainder(dividingBy: Wide.count)
      let state = withUnsafeBytes(of: groups[group]) { group in
        (0..<Self.size).map { group.load(fromByteOffset: 8 * (Wide.count * $0 + i), as: Double.self) }
      }
      checkpoint.add("lanes/\(first + lane)/state", state)
      checkpoint.add("lanes/\(first + lane)/random", streams[lane])
    }
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, first: Int, into rows: UnsafeMutablePointer<Float>
  ) throws {
    var one = One()
    for lane in streams.indices {
      let state = try checkpoint.doubles("lanes/\(first + lane)/state", count: Self.size)
      withUnsafeMutableBytes(of: &one) { one in
        for k in state.indices { one.storeBytes(of: state[k], toByteOffset: 8 * k, as: Double.self) }
      }
      place(one, in: lane)
      one.observe(under: laws, into: rows + lane * width)
      streams[lane] = try checkpoint.random("lanes/\(first + lane)/random")
    }
    for spare in streams.count..<Wide.count * groups.count { place(one, in: spare) }
  }
}
