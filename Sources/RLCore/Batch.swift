import Dispatch

/// Many copies of a world that step together, in contiguous memory: what a learner with a network collects from.
///
/// Lane i draws from its own stream, `SeedSequence(seed).spawn(i)`, so its episodes depend neither on how many lanes
/// there are nor on how many threads step them; they are those of one copy of the world with that stream.
///
/// An ended episode restarts in the same step. Nothing is lost by that: ``endings`` says how the episode left,
/// ``finalObservations`` holds the observation it left with, which a truncated step bootstraps from, and
/// ``observations`` the first one of the next episode, which the next action answers.
public struct Batch<Observation: SpaceElement, Action: SpaceElement>: Sendable {
  public let count: Int
  public let observationSpace: Space
  public let actionSpace: Space
  /// What to act on next. Shape `[count, observationSize]`.
  public private(set) var observations: [Observation.Scalar]
  /// The last observations of episodes that ended in this step; other rows are old. Shape `[count, observationSize]`.
  public private(set) var finalObservations: [Observation.Scalar]
  /// Shape `[count]`.
  public private(set) var rewards: [Double]
  /// Shape `[count]`.
  public private(set) var endings: [Ending]

  private var parts: [Part]
  /// Where each part lists its lanes whose episodes have ended. Shape `[count]`.
  private var ended: [Int]
  /// For ``sampleActions(into:)``.
  private var actionStreams: ActionStreams
  private var limit: DeadlineClock

  /// The lanes of one thread.
  private struct Part: Sendable {
    var first: Int
    var count: Int
    var lanes: any EnvironmentLanes<Observation, Action>
  }

  /// `count` copies of `world`, at the start of their first episodes.
  public init(
    _ world: some Environment<Observation, Action>, count: Int, seed: UInt64, threads: Int = 1
  ) {
    precondition(count > 0 && threads > 0, "a batch has lanes, and threads to step them")
    self.count = count
    observationSpace = world.observationSpace
    actionSpace = world.actionSpace
    observations = .init(repeating: 0, count: count * observationSpace.size)
    finalObservations = observations
    rewards = .init(repeating: 0, count: count)
    endings = .init(repeating: .running, count: count)
    // All of them, to begin with.
    ended = Array(0..<count)
    let root = SeedSequence(seed)
    actionStreams = ActionStreams((0..<count).map { RandomStream(root.spawn(UInt32($0)).spawn(0)) })
    limit = DeadlineClock(limit: world.stepLimit, lanes: count)
    let share = (count + threads - 1) / threads
    parts = stride(from: 0, to: count, by: share).map { first in
      let size = min(share, count - first)
      let streams = (first..<first + size).map { RandomStream(root.spawn(UInt32($0))) }
      return Part(first: first, count: size, lanes: world.lanes(drawingFrom: streams))
    }
    let width = observationSpace.size
    observations.withUnsafeMutableBufferPointer { rows in
      ended.withUnsafeBufferPointer { all in
        for part in parts.indices {
          parts[part].lanes.reset(
            UnsafeBufferPointer(rebasing: all.prefix(parts[part].count)),
            into: rows.baseAddress! + parts[part].first * width)
        }
      }
    }
  }

  /// Takes one action in every lane. Shape `[count, actionSize]`.
  public mutating func step(_ actions: [Action.Scalar]) {
    precondition(actions.count == count * actionSpace.size, "one action a lane")
    let width = observationSpace.size
    let actionWidth = actionSpace.size
    limit.tick()
    actions.withUnsafeBufferPointer { actions in
      observations.withUnsafeMutableBufferPointer { observations in
        finalObservations.withUnsafeMutableBufferPointer { finals in
          rewards.withUnsafeMutableBufferPointer { rewards in
            endings.withUnsafeMutableBufferPointer { endings in
              ended.withUnsafeMutableBufferPointer { ended in
                let memory = Memory(
                  actions: actions.baseAddress!, observations: observations.baseAddress!, finals: finals.baseAddress!,
                  rewards: rewards.baseAddress!, endings: endings.baseAddress!, ended: ended.baseAddress!,
                  width: width, actionWidth: actionWidth)
                limit.withDeadlines { Self.step(&parts, memory, $0) }
              }
            }
          }
        }
      }
    }
  }

  /// Where a step reads and writes; each part touches its own rows.
  private struct Memory: @unchecked Sendable {
    let actions: UnsafePointer<Action.Scalar>
    let observations: UnsafeMutablePointer<Observation.Scalar>
    let finals: UnsafeMutablePointer<Observation.Scalar>
    let rewards: UnsafeMutablePointer<Double>
    let endings: UnsafeMutablePointer<Ending>
    let ended: UnsafeMutablePointer<Int>
    let width: Int
    let actionWidth: Int
  }

  private static func step(_ parts: inout [Part], _ memory: Memory, _ limit: DeadlineClock.View) {
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let (parts, limit) = (parts, limit)
      if parts.count == 1 {
        step(&parts[0], memory, limit)
      } else {
        DispatchQueue.concurrentPerform(iterations: parts.count) { step(&parts[$0], memory, limit) }
      }
    }
  }

  private static func step(_ part: inout Part, _ memory: Memory, _ limit: DeadlineClock.View) {
    let first = part.first
    let endings = memory.endings + first
    let rows = memory.observations + first * memory.width
    part.lanes.step(
      LaneMemory(
        actions: memory.actions + first * memory.actionWidth, observations: rows, rewards: memory.rewards + first,
        endings: endings))
    if limit.isDue { limit.truncate(endings, lanes: first..<first + part.count) }
    // Eight endings at a glance: most steps end nothing.
    let bytes = UnsafeRawPointer(endings)
    let rowBytes = memory.width * MemoryLayout<Observation.Scalar>.stride
    let (row, final) = (UnsafeMutableRawPointer(rows), UnsafeMutableRawPointer(memory.finals) + first * rowBytes)
    let ended = memory.ended + first
    var endedCount = 0
    for start in stride(from: 0, to: part.count, by: 8) {
      var left: UInt64 = 0
      if start + 8 <= part.count {
        left = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      } else {
        for lane in (start..<part.count).reversed() { left = left << 8 | UInt64(endings[lane].rawValue) }
      }
      while left != 0 {
        let place = left.trailingZeroBitCount / 8
        left &= ~(0xff << (8 * UInt64(place)))
        let lane = start + place
        (final + lane * rowBytes).copyMemory(from: row + lane * rowBytes, byteCount: rowBytes)
        limit.restart(first + lane)
        ended[endedCount] = lane
        endedCount &+= 1
      }
    }
    if endedCount > 0 { part.lanes.reset(UnsafeBufferPointer(start: ended, count: endedCount), into: rows) }
  }

  /// Draws an action for every lane, uniformly, each from a stream of the lane's own. Shape `[count, actionSize]`.
  public mutating func sampleActions(into actions: inout [Action.Scalar]) {
    precondition(actions.count == count * actionSpace.size, "one action a lane")
    Action.sampleRows(into: &actions, from: actionSpace, using: &actionStreams)
  }

  /// Actions of the right number, to be written into.
  public func emptyActions() -> [Action.Scalar] { .init(repeating: 0, count: count * actionSpace.size) }
}

extension Batch {
  /// Saves the lanes wherever they are: what comes after depends on nothing before.
  public func save(to checkpoint: inout CheckpointWriter) {
    limit.save(to: &checkpoint)
    actionStreams.save(to: &checkpoint)
    for part in parts { part.lanes.save(to: &checkpoint, first: part.first) }
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try limit.restore(from: checkpoint)
    try actionStreams.restore(from: checkpoint)
    let width = observationSpace.size
    try observations.withUnsafeMutableBufferPointer { rows in
      for part in parts.indices {
        let first = parts[part].first
        try parts[part].lanes.restore(from: checkpoint, first: first, into: rows.baseAddress! + first * width)
      }
    }
  }
}

/// The step at which each lane's episode is truncated. All lanes are looked at only in a step where one may be due.
struct DeadlineClock: Sendable {
  private let limit: Int?
  private var clock = 0
  /// Shape `[lanes]`; empty where there is no limit.
  private var deadlines: [Int]
  /// No deadline is earlier.
  private var earliest: Int

  init(limit: Int?, lanes: Int) {
    self.limit = limit
    deadlines = limit.map { .init(repeating: $0, count: lanes) } ?? []
    earliest = limit ?? .max
  }

  mutating func tick() {
    // The last look found those of its step, and they have been moved on since.
    if clock == earliest { earliest = deadlines.min()! }
    clock += 1
  }

  mutating func withDeadlines(_ body: (View) -> Void) {
    guard let limit else { return body(View(deadlines: nil, limit: 0, clock: clock, isDue: false)) }
    let (clock, isDue) = (clock, clock == earliest)
    deadlines.withUnsafeMutableBufferPointer {
      body(View(deadlines: $0.baseAddress!, limit: limit, clock: clock, isDue: isDue))
    }
  }

  struct View {
    let deadlines: UnsafeMutablePointer<Int>?
    let limit: Int
    let clock: Int
    let isDue: Bool

    func truncate(_ endings: UnsafeMutablePointer<Ending>, lanes: Range<Int>) {
      guard let deadlines else { return }
      for (i, lane) in lanes.enumerated() where deadlines[lane] == clock && endings[i] == .running {
        endings[i] = .truncated
      }
    }

    func restart(_ lane: Int) { deadlines?[lane] = clock + limit }
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("lanes/deadlines", deadlines)
    checkpoint.add("lanes/clock", [clock, earliest])
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    deadlines = try checkpoint.ints("lanes/deadlines", count: deadlines.count)
    let times = try checkpoint.ints("lanes/clock", count: 2)
    (clock, earliest) = (times[0], times[1])
  }
}

/// Copies of one world that step together, in whatever layout is fastest for it; ``Batch`` adds time limits and
/// restarts.
///
/// A generic conforming type must step in a closure made where its types are visible: see ``Learner``.
public protocol EnvironmentLanes<Observation, Action>: Sendable {
  associatedtype Observation: SpaceElement
  associatedtype Action: SpaceElement

  /// Starts an episode in each of `lanes`, from the lane's stream, and writes its first observation to the lane's row,
  /// of which the first is lane 0's.
  mutating func reset(_ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<Observation.Scalar>)

  /// Takes one action in every lane.
  mutating func step(_ memory: LaneMemory<Observation, Action>)

  /// Saves every lane's state and stream; `first` is the number of the first lane among those of its batch.
  func save(to checkpoint: inout CheckpointWriter, first: Int)

  /// Takes up exactly where ``save(to:first:)`` was called, and writes the observations of that moment.
  /// Throws ``CoreError/badCheckpoint``.
  mutating func restore(
    from checkpoint: CheckpointReader, first: Int, into rows: UnsafeMutablePointer<Observation.Scalar>) throws
}

/// What a step of lanes reads, and where it writes: as many rows as there are lanes.
public struct LaneMemory<Observation: SpaceElement, Action: SpaceElement> {
  public let actions: UnsafePointer<Action.Scalar>
  public let observations: UnsafeMutablePointer<Observation.Scalar>
  public let rewards: UnsafeMutablePointer<Double>
  public let endings: UnsafeMutablePointer<Ending>
}

/// One value after another: for worlds without lanes of their own.
public struct SeparateLanes<World: Environment>: EnvironmentLanes {
  public typealias Observation = World.Observation
  public typealias Action = World.Action

  @usableFromInline var worlds: [World]
  @usableFromInline var observation: World.Observation
  @usableFromInline var action: World.Action
  @usableFromInline let width: Int
  // Made where World is concrete: see ``Learner``.
  @usableFromInline let specialisedReset:
    @Sendable (inout Self, UnsafeBufferPointer<Int>, UnsafeMutablePointer<Observation.Scalar>) -> Void
  @usableFromInline let specialisedStep: @Sendable (inout Self, LaneMemory<Observation, Action>) -> Void

  @inlinable public init(_ world: World, drawingFrom streams: [RandomStream]) {
    worlds = streams.map {
      var copy = world
      copy.random = $0
      return copy
    }
    observation = world.emptyObservation()
    action = world.emptyAction()
    width = world.observationSpace.size
    specialisedReset = { $0.resetEach($1, into: $2) }
    specialisedStep = { $0.stepEach($1) }
  }

  public mutating func reset(
    _ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<World.Observation.Scalar>
  ) { specialisedReset(&self, lanes, rows) }

  @inlinable mutating func resetEach(
    _ lanes: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<World.Observation.Scalar>
  ) {
    for lane in lanes {
      worlds[lane].reset(seed: nil, into: &observation)
      observation.write(to: rows + lane * width)
    }
  }

  public mutating func step(_ memory: LaneMemory<Observation, Action>) { specialisedStep(&self, memory) }

  @inlinable mutating func stepEach(_ memory: LaneMemory<Observation, Action>) {
    var from = memory.actions
    var row = memory.observations
    for lane in worlds.indices {
      from = action.read(from: from)
      let step = worlds[lane].step(action, into: &observation)
      row = observation.write(to: row)
      memory.rewards[lane] = step.reward
      memory.endings[lane] = step.ending
    }
  }

  public func save(to checkpoint: inout CheckpointWriter, first: Int) {
    for (i, world) in worlds.enumerated() { checkpoint.add(under: "lanes/\(first + i)/") { world.save(to: &$0) } }
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, first: Int, into rows: UnsafeMutablePointer<World.Observation.Scalar>
  ) throws {
    var row = rows
    for i in worlds.indices {
      try worlds[i].restore(from: checkpoint.under("lanes/\(first + i)/"), into: &observation)
      row = observation.write(to: row)
    }
  }
}
