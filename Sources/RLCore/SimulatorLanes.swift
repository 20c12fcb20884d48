import CSIMD

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

  public mutating func reset(_ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<Int>) {
    if let start = world.onlyStart {
      for lane in lanes {
        // The reset's own draw decides nothing.
        if world.isDeterministic { settled[lane] &-= 1 } else { _ = streams[lane].next() }
        states[lane] = start
        rows[lane] = start
      }
      return
    }
    if world.isDeterministic {
      for lane in lanes {
        streams[lane].advance(by: clock &- settled[lane])
        settled[lane] = clock
      }
    }
    world.first.withPointers { first in
      for lane in lanes {
        states[lane] = first.draw(0, using: &streams[lane])
        rows[lane] = states[lane]
      }
    }
  }

  public mutating func step(_ memory: LaneMemory<Int, Int>) {
    clock &+= 1
    let world = world
    let lanes = 0..<states.count
    world.branches.withUnsafeBufferPointer { branches in
      states.withUnsafeMutableBufferPointer { states in
        let moves = Moves(
          memory: memory, states: states.baseAddress!, branches: branches.baseAddress!, actions: world.actions)
        if world.isDeterministic {
          for lane in lanes { moves.take(moves.pair(lane), lane) }
        } else {
          world.transitions.withPointers { transitions in
            streams.withUnsafeMutableBufferPointer { moves.draw(transitions, $0.baseAddress!, lanes) }
          }
        }
      }
    }
  }

  /// Where the lanes are, and the branches that lead on.
  private struct Moves {
    let memory: LaneMemory<Int, Int>
    let states: UnsafeMutablePointer<Int>
    let branches: UnsafePointer<TransitionTable.Branch>
    let actions: Int

    @inline(__always)
    func pair(_ lane: Int) -> Int { states[lane] &* actions &+ memory.actions[lane] }

    @inline(__always)
    func take(_ branch: Int, _ lane: Int) {
      let branch = branches[branch]
      states[lane] = Int(truncatingIfNeeded: branch.next)
      memory.observations[lane] = states[lane]
      memory.rewards[lane] = branch.reward
      memory.endings[lane] = branch.isTerminal ? .terminated : .running
    }

    /// Some lanes at a time go through each stage together, so that a table that no cache holds is fetched for all of
    /// them at once.
    @inline(__always)
    func draw(_ transitions: Distributions.Pointers, _ streams: UnsafeMutablePointer<RandomStream>, _ lanes: Range<Int>)
    {
      let together = 128
      withUnsafeTemporaryAllocation(of: Distributions.Pointers.Search.self, capacity: together) { searches in
        for first in stride(from: 0, to: lanes.count, by: together) {
          let count = min(together, lanes.count &- first)
          for i in 0..<count {
            searches[i] = transitions.begin(pair(first &+ i), bits: streams[first &+ i].next() &>> 11)
          }
          for i in 0..<count { transitions.approach(&searches[i]) }
          for i in 0..<count {
            searches[i].place = transitions.end(searches[i], in: pair(first &+ i))
            rl_prefetch(branches + searches[i].place)
          }
          for i in 0..<count { take(searches[i].place, first &+ i) }
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
