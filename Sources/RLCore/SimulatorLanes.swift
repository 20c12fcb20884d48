/// Many simulations of one finite process: a state and a stream each, over the same tables.
public struct SimulatorLanes: EnvironmentLanes {
  public typealias Observation = Int
  public typealias Action = Int

  private let world: Simulator
  /// Shape `[lanes]`.
  private var states: [Int]
  private var streams: [RandomStream]
  /// Steps taken by every lane, and by each when its stream was last brought up to date: where every pair has one
  /// branch, the draws that decide nothing are made up for when one is needed.
  private var clock: UInt64 = 0
  private var settled: [UInt64]

  init(_ world: Simulator, drawingFrom streams: [RandomStream]) {
    self.world = world
    self.streams = streams
    states = .init(repeating: 0, count: streams.count)
    settled = .init(repeating: 0, count: streams.count)
  }

  public mutating func reset(_ lane: Int, into row: UnsafeMutablePointer<Int>) {
    if let start = world.onlyStart {
      // The reset's own draw decides nothing.
      if world.isDeterministic { settled[lane] &-= 1 } else { _ = streams[lane].next() }
      states[lane] = start
    } else {
      if world.isDeterministic {
        streams[lane].advance(by: clock &- settled[lane])
        settled[lane] = clock
      }
      states[lane] = streams[lane].categorical(world.table.initial)
    }
    row.pointee = states[lane]
  }

  public mutating func step(_ memory: LaneMemory<Int, Int>) {
    clock &+= 1
    let world = world
    let count = states.count
    let actionCount = world.actions
    world.branches.withUnsafeBufferPointer { branches in
      states.withUnsafeMutableBufferPointer { states in
        func take(_ branch: TransitionTable.Branch, _ lane: Int) {
          states[lane] = Int(truncatingIfNeeded: branch.next)
          memory.observations[lane] = states[lane]
          memory.rewards[lane] = branch.reward
          memory.endings[lane] = branch.isTerminal ? .terminated : .running
        }
        if world.isDeterministic {
          for lane in 0..<count { take(branches[states[lane] &* actionCount &+ memory.actions[lane]], lane) }
        } else {
          streams.withUnsafeMutableBufferPointer { streams in
            world.starts.withUnsafeBufferPointer { starts in
              world.sums.withUnsafeBufferPointer { sums in
                for lane in 0..<count {
                  let pair = states[lane] &* actionCount &+ memory.actions[lane]
                  let branch = Simulator.draw(pair, starts.baseAddress!, sums.baseAddress!, using: &streams[lane])
                  take(branches[branch], lane)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension SimulatorLanes {
  public func save(to checkpoint: inout CheckpointWriter, first: Int) {
    checkpoint.add("lanes/\(first)/states", states)
    checkpoint.add("lanes/\(first)/clocks", ([clock] + settled).map { Int(bitPattern: UInt($0)) })
    for (i, stream) in streams.enumerated() { checkpoint.add("lanes/\(first + i)/random", stream) }
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, first: Int, into rows: UnsafeMutablePointer<Int>
  ) throws {
    let count = states.count
    states = try checkpoint.ints("lanes/\(first)/states", count: count)
    if let wrong = states.first(where: { !(0..<world.table.states).contains($0) }) {
      throw CoreError.badCheckpoint("a lane is in state \(wrong); expected one of 0 ..< \(world.table.states)")
    }
    let clocks = try checkpoint.ints("lanes/\(first)/clocks", count: 1 + count).map { UInt64(UInt(bitPattern: $0)) }
    (clock, settled) = (clocks[0], Array(clocks[1...]))
    for i in 0..<count {
      streams[i] = try checkpoint.random("lanes/\(first + i)/random")
      rows[i] = states[i]
    }
  }
}

extension Simulator {
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<Int, Int> {
    SimulatorLanes(self, drawingFrom: streams)
  }
}
