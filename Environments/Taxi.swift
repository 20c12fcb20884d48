import RLCore

/// Fetch a passenger and bring them to their destination. Gymnasium's `Taxi-v4`, whose episodes are 200 steps: its
/// table for planners, and its rides from a seed.
public struct Taxi: FiniteMDP, FiniteEnvironment {
  public var rainy = false
  public var fickle = false
  /// Probability that a move in the rain goes as intended; half of the rest goes to either side.
  public var rainyProbability = 0.8
  public var fickleProbability = 0.3
  public var discount = 0.99
  public var random = RandomStream(seed: 0)
  @usableFromInline var ride = Ride(0)
  /// Whether this ride's passenger will take another destination on the first drive.
  @usableFromInline var willChange = false

  /// One of the 500 observations, taken apart.
  @usableFromInline struct Ride: Sendable, Equatable {
    /// Row by row from the top left.
    @usableFromInline var cell: Int
    /// The stand to wait at, or 4 in the taxi.
    @usableFromInline var passenger: Int
    @usableFromInline var destination: Int

    @inlinable init(_ index: Int) {
      cell = index / 20
      passenger = index / 4 % 5
      destination = index % 4
    }

    @inlinable var index: Int { (cell * 5 + passenger) * 4 + destination }
  }

  public init() {}

  @inlinable static var inTaxi: Int { 4 }

  /// The cell of the stands red, green, yellow and blue.
  @inlinable @inline(__always) static func stand(_ number: Int) -> Int {
    switch number {
    case 0: 0
    case 1: 4
    case 2: 20
    default: 23
    }
  }

  /// Bit by bit, whether a wall stands to the east of a cell.
  @inlinable static var walls: Int { 1 << 1 | 1 << 6 | 1 << 15 | 1 << 17 | 1 << 20 | 1 << 22 }

  /// The cell that a move leads to from `cell`; that cell itself where a wall or the border is in the way.
  @inlinable @inline(__always) static func neighbour(of cell: Int, _ move: Int) -> Int {
    switch move {
    case 0: cell < 20 ? cell + 5 : cell
    case 1: cell >= 5 ? cell - 5 : cell
    case 2: cell % 5 < 4 && walls >> cell & 1 == 0 ? cell + 1 : cell
    default: cell % 5 > 0 && walls >> (cell - 1) & 1 == 0 ? cell - 1 : cell
    }
  }

  /// The moves to the left and to the right of a move.
  @inlinable @inline(__always) static func sides(of move: Int) -> (left: Int, right: Int) {
    switch move {
    case 0: (2, 3)
    case 1: (3, 2)
    case 2: (1, 0)
    default: (0, 1)
    }
  }

  /// Boards or alights.
  @inlinable @inline(__always) static func serve(_ ride: inout Ride, _ action: Int) -> Step {
    let isAboard = ride.passenger == inTaxi
    if action == 4 {
      guard !isAboard, ride.cell == stand(ride.passenger) else { return Step(reward: -10, ending: .running) }
      ride.passenger = inTaxi
      return Step(reward: -1, ending: .running)
    }
    guard isAboard else { return Step(reward: -10, ending: .running) }
    if ride.cell == stand(ride.destination) {
      ride.passenger = ride.destination
      return Step(reward: 20, ending: .terminated)
    }
    for number in 0..<4 where ride.cell == stand(number) {
      ride.passenger = number
      return Step(reward: -1, ending: .running)
    }
    return Step(reward: -10, ending: .running)
  }

  @inlinable var sideProbability: Double { (1.0 - rainyProbability) / 2.0 }
}

extension Taxi {
  public var stateCount: Int { fickle ? 1000 : 500 }
  public var actionCount: Int { 6 }

  /// Any cell, with the passenger at a stand that is not the destination.
  public var initial: [Double] {
    let starts = (0..<500).map { index -> Double in
      let ride = Ride(index)
      return ride.passenger < 4 && ride.passenger != ride.destination ? 1.0 / 300 : 0
    }
    return fickle ? [Double](repeating: 0, count: 500) + starts : starts
  }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let ride = Ride(state % 500)
    let outcomes = outcomes(of: ride, action)
    if state < 500 { return outcomes }
    return outcomes.flatMap { outcome -> [Outcome] in
      var next = Ride(outcome.next)
      var outcome = outcome
      guard ride.passenger == Self.inTaxi, next.cell != ride.cell else {
        outcome.next += 500
        return [outcome]
      }
      // The first drive: the destination stays, or becomes any of the others.
      let whole = outcome.probability
      outcome.probability = whole * (1 - fickleProbability)
      return [outcome]
        + (0..<4).filter { $0 != ride.destination }.map {
          next.destination = $0
          return Outcome(
            probability: whole * fickleProbability / 3, next: next.index, reward: outcome.reward, isTerminal: false)
        }
    }
  }

  private func outcomes(of ride: Ride, _ action: Int) -> [Outcome] {
    var next = ride
    if action > 3 {
      let step = Self.serve(&next, action)
      return [
        Outcome(probability: 1, next: next.index, reward: step.reward, isTerminal: step.ending == .terminated)
      ]
    }
    func moved(_ move: Int, _ probability: Double) -> Outcome {
      next.cell = Self.neighbour(of: ride.cell, move)
      return Outcome(probability: probability, next: next.index, reward: -1, isTerminal: false)
    }
    if !rainy { return [moved(action, 1)] }
    // Where the way is barred, there is no drift to the sides either.
    let isBarred = Self.neighbour(of: ride.cell, action) == ride.cell
    let sides = isBarred ? (left: action, right: action) : Self.sides(of: action)
    return [
      moved(action, rainyProbability), moved(sides.left, sideProbability), moved(sides.right, sideProbability),
    ]
  }
}

extension Taxi {
  public var observationSpace: Space { .discrete(500) }
  public var actionSpace: Space { .discrete(6) }
  /// The observation, and 500 more where the passenger will change his destination. Shape `[1]`.
  public var state: [Double] { [Double(ride.index + (willChange ? 500 : 0))] }

  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    let draw = random.uniform()
    var sum = 0.0
    var start = 0
    for index in 0..<500 {
      ride = Ride(index)
      if ride.passenger == Self.inTaxi || ride.passenger == ride.destination { continue }
      sum += 1.0 / 300
      if sum > draw {
        start = index
        break
      }
    }
    ride = Ride(start)
    willChange = fickle && random.uniform() < fickleProbability
    observation = start
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    let before = ride
    // Gymnasium draws even where there is one outcome.
    let draw = random.uniform()
    var step = Step(reward: -1, ending: .running)
    if action > 3 {
      step = Self.serve(&ride, action)
    } else {
      ride.cell = Self.neighbour(of: before.cell, action)
      if rainy && ride.cell != before.cell && draw >= rainyProbability {
        let sides = Self.sides(of: action)
        let isLeft = draw < rainyProbability + sideProbability
        let isRight = draw < rainyProbability + sideProbability + sideProbability
        if isLeft || isRight { ride.cell = Self.neighbour(of: before.cell, isLeft ? sides.left : sides.right) }
      }
    }
    if willChange && before.passenger == Self.inTaxi && ride.cell != before.cell {
      willChange = false
      let other = random.integer(below: 3)
      ride.destination = other < before.destination ? other : other + 1
    }
    observation = ride.index
    return step
  }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    guard let index = Int(numbers: state, in: .discrete(stateCount)) else {
      throw CoreError.badState("\(state) is not a taxi; expected one integer in 0..<\(stateCount)")
    }
    ride = Ride(index % 500)
    willChange = index >= 500
    observation = ride.index
  }

  public func drawing(of state: [Double]) -> Drawing { drawing(ofState: Int(state[0])) }

  public func drawing(ofState state: Int) -> Drawing {
    let ride = Ride(state % 500)
    func centre(_ cell: Int) -> Drawing.Point { .init(Double(cell % 5) + 0.5, 4.5 - Double(cell / 5)) }
    func box(_ cell: Int, _ reach: Double) -> [Drawing.Point] {
      let middle = centre(cell)
      return [(-1.0, -1.0), (1, -1), (1, 1), (-1, 1)].map { .init(middle.x + $0.0 * reach, middle.y + $0.1 * reach) }
    }
    let frame = [(0.0, 0.0), (5, 0), (5, 5), (0, 5), (0, 0)].map { Drawing.Point($0.0, $0.1) }
    var shapes: [Drawing.Shape] = [.path(frame, .faint)]
    for cell in 0..<25 where Self.walls >> cell & 1 == 1 {
      let middle = centre(cell)
      shapes.append(
        .path([.init(middle.x + 0.5, middle.y - 0.5), .init(middle.x + 0.5, middle.y + 0.5)], .plain))
    }
    for (number, name) in ["R", "G", "Y", "B"].enumerated() {
      let ink: Drawing.Ink = number == ride.destination ? .good : .faint
      shapes.append(.polygon(box(Self.stand(number), 0.45), filled: false, ink))
      shapes.append(.label(name, centre(Self.stand(number)), ink))
    }
    shapes.append(.polygon(box(ride.cell, 0.3), filled: ride.passenger == Self.inTaxi, .body))
    if ride.passenger < 4 {
      shapes.append(.circle(centre(Self.stand(ride.passenger)), radius: 0.15, filled: true, .accent))
    }
    return Drawing(bounds: .init(x: 0...5, y: 0...5), shapes: shapes)
  }
}

extension Taxi {
  public var documentation: Documentation {
    Documentation(
      summary: "fetch a passenger and bring them to their destination",
      action: """
        0 south, 1 north, 2 east, 3 west, 4 let the passenger in, 5 let him out. A wall or the border keeps the taxi
        where it is. In the rain a move that is free goes as intended with rainyProbability, or to either side with half
        of the rest.
        """,
      observation: """
        ((row · 5 + column) · 5 + passenger) · 4 + destination, rows from the top of 5 × 5 cells. The passenger waits at
        the stand red 0, green 1, yellow 2 or blue 3, or sits in the taxi, 4; destinations are the stands. Whether a
        fickle passenger will take another destination is not observed. So the model counts the states before the first
        drive, in which that is open, from 500; those below 500 are the plain taxi's.
        """,
      rewards: "−1 for a step, −10 for letting in or out where that cannot be, 20 for arriving.",
      start: "Any of 300 states, each as likely: any cell, the passenger at a stand that is not the destination.",
      end: "Terminates when the passenger is let out at the destination.",
      knownReturn: "7.93 on average over the starts in dry weather, the exact optimum; with the discount 0.99, 6.3275.",
      source: """
        Dietterich (2000), doi:10.1613/jair.639, as Gymnasium 1.4's Taxi-v4: the same table, in the same order, to the
        bit, and the same rides from a seed. A passenger who is fickle, with fickleProbability, takes another
        destination when the taxi first moves with them, any of three with equal probability. Gymnasium names no
        discount.
        """)
  }
}

extension Taxi {
  /// Without a fickle passenger the table says it all.
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<Int, Int> {
    if fickle { return SeparateLanes(self, drawingFrom: streams) }
    do { return try Simulator(self).lanes(drawingFrom: streams) } catch {
      preconditionFailure("a taxi's table: \(error)")
    }
  }
}

extension Taxi: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .flag("rainy", \.rainy, "let a move go to either side of the intended direction"),
      .flag("fickle", \.fickle, "let some passengers change their destination on the first drive"),
      .number("rainyProbability", \.rainyProbability, in: 0...1, "probability of the intended direction in the rain"),
      .number("fickleProbability", \.fickleProbability, in: 0...1, "probability that a fickle passenger changes"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
