import RLCore

/// The state of one world, or of eight side by side, and its laws. It holds `Number`s and nothing else.
public protocol Motion: Sendable {
  associatedtype Number: Lane
  /// What the laws depend on.
  associatedtype World: Sendable
  associatedtype Action: SpaceElement

  init()
  /// A first state, the same in every lane, drawn from `random`.
  init(startingIn world: World, using random: inout RandomStream)
  /// One step; `actions` leads to one row a lane.
  mutating func step(_ actions: UnsafePointer<Action.Scalar>, in world: World) -> (
    reward: Number, hasEnded: Number.Mask
  )
  /// Writes one row a lane.
  func observe(in world: World, into rows: UnsafeMutablePointer<Float>)
}

/// Lanes of a world whose dynamics are a ``Motion``, in groups of eight.
public struct MotionLanes<One: Motion, Many: Motion>: EnvironmentLanes
where One.Number == Double, Many.Number == Eight, One.World == Many.World, One.Action == Many.Action {
  public typealias Observation = [Float]
  public typealias Action = One.Action
  public typealias World = One.World

  private let world: World
  private let width: Int
  private let actionWidth: Int
  private var streams: [RandomStream]
  private var groups: [Many]
  /// A group's rows where it has lanes to spare.
  private var spareActions: [Action.Scalar]
  private var spareRows: [Float]

  /// `width` and `actionWidth`: floats in a row of observations, numbers in a row of actions.
  init(_ world: World, width: Int, actionWidth: Int, drawingFrom streams: [RandomStream]) {
    precondition(
      MemoryLayout<Many>.size == 8 * MemoryLayout<One>.size, "a motion holds its numbers and nothing else")
    self.world = world
    self.streams = streams
    self.width = width
    self.actionWidth = actionWidth
    groups = .init(repeating: .init(), count: (streams.count + 7) / 8)
    spareActions = .init(repeating: 0, count: 8 * actionWidth)
    spareRows = .init(repeating: 0, count: 8 * width)
  }

  public mutating func reset(_ lane: Int, into row: UnsafeMutablePointer<Float>) {
    let one = One(startingIn: world, using: &streams[lane])
    one.observe(in: world, into: row)
    place(one, in: lane)
    // Lanes to spare do as the first lane of their group, so that they stay in the world.
    if lane == 8 * (groups.count - 1) {
      for spare in streams.count..<8 * groups.count { place(one, in: spare) }
    }
  }

  /// Number k of the state of lane i of a group lies at 8k + i.
  private mutating func place(_ one: One, in lane: Int) {
    withUnsafeBytes(of: one) { numbers in
      withUnsafeMutableBytes(of: &groups[lane / 8]) { group in
        for k in 0..<numbers.count / 8 {
          group.storeBytes(
            of: numbers.load(fromByteOffset: 8 * k, as: Double.self), toByteOffset: 8 * (8 * k + lane % 8),
            as: Double.self)
        }
      }
    }
  }

  public mutating func step(
    _ actions: UnsafePointer<Action.Scalar>, observations: UnsafeMutablePointer<Float>,
    rewards: UnsafeMutablePointer<Double>, endings: UnsafeMutablePointer<Ending>
  ) {
    let (world, whole) = (world, streams.count / 8)
    for g in 0..<whole {
      var group = groups[g]
      let (reward, hasEnded) = group.step(actions + 8 &* g &* actionWidth, in: world)
      groups[g] = group
      group.observe(in: world, into: observations + 8 &* g &* width)
      UnsafeMutableRawPointer(rewards + 8 &* g).storeBytes(of: reward.values, as: SIMD8<Double>.self)
      let to = endings + 8 &* g
      UnsafeMutableRawPointer(to).storeBytes(of: 0, as: UInt64.self)
      if any(hasEnded) {
        for i in 0..<8 where hasEnded[i] { to[i] = .terminated }
      }
    }
    if whole < groups.count {
      let first = 8 &* whole
      let count = streams.count &- first
      for i in 0..<8 &* actionWidth {
        spareActions[i] = actions[first &* actionWidth &+ (i < count &* actionWidth ? i : i % actionWidth)]
      }
      var group = groups[whole]
      let (reward, hasEnded) = group.step(spareActions, in: world)
      groups[whole] = group
      let width = width
      spareRows.withUnsafeMutableBufferPointer { rows in
        group.observe(in: world, into: rows.baseAddress!)
        (observations + first &* width).update(from: rows.baseAddress!, count: count &* width)
      }
      for i in 0..<count {
        rewards[first &+ i] = reward.values[i]
        endings[first &+ i] = hasEnded[i] ? .terminated : .running
      }
    }
  }
}
