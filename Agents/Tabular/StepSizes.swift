import RLCore

/// A schedule and the steps it has made.
struct Progress: Sendable {
  private let schedule: Schedule
  private let isConstant: Bool
  private(set) var value: Double
  private var clock = 0

  init(_ schedule: Schedule) {
    self.schedule = schedule
    if case .constant = schedule { isConstant = true } else { isConstant = false }
    value = schedule.value(at: 0)
  }

  @inline(__always)
  mutating func advance() {
    if !isConstant { move(to: clock + 1) }
  }

  @inline(never)
  private mutating func move(to clock: Int) {
    self.clock = clock
    value = schedule.value(at: clock)
  }

  func save(to checkpoint: inout CheckpointWriter, as name: String) { checkpoint.add(name, clock) }

  mutating func restore(from checkpoint: CheckpointReader, as name: String) throws {
    move(to: try checkpoint.int(name))
  }
}

/// The step sizes of the entries of a table.
struct StepSizes: Sendable {
  private var scheduled: Progress
  private let isReciprocal: Bool
  private let reciprocal: Reciprocal
  /// Updates of each entry where α is a reciprocal of them, else empty.
  private var visits: [Int]

  init(_ size: StepSize, entries: Int) {
    switch size {
    case .scheduled(let schedule):
      scheduled = Progress(schedule)
      isReciprocal = false
      reciprocal = Reciprocal()
      visits = []
    case .visits(let reciprocal):
      scheduled = Progress(.constant(1))
      isReciprocal = true
      self.reciprocal = reciprocal
      visits = .init(repeating: 0, count: entries)
    }
  }

  /// The step size of one more update of an entry.
  @inline(__always)
  mutating func next(_ entry: Int) -> Double {
    if isReciprocal {
      visits[entry] += 1
      return reciprocal.value(at: visits[entry])
    }
    let alpha = scheduled.value
    scheduled.advance()
    return alpha
  }

  /// Forgets all visits.
  mutating func forget() {
    for entry in visits.indices { visits[entry] = 0 }
  }

  func save(to checkpoint: inout CheckpointWriter, as name: String = "alpha") {
    scheduled.save(to: &checkpoint, as: "\(name)/clock")
    if isReciprocal { checkpoint.add("\(name)/visits", visits) }
  }

  mutating func restore(from checkpoint: CheckpointReader, as name: String = "alpha") throws {
    try scheduled.restore(from: checkpoint, as: "\(name)/clock")
    if isReciprocal { visits = try checkpoint.ints("\(name)/visits", count: visits.count) }
  }
}
