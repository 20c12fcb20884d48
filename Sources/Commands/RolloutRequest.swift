import RLCore

/// One episode to be played step by step.
struct RolloutRequest {
  let seed: UInt64
  /// The state to begin in, instead of the reset's.
  let state: [Double]?
  /// Steps to play at the most; `nil` for as long as the episode lasts.
  let steps: Int?
  /// The numbers of the next action; `nil` when there are no more. Where the closure itself is `nil`, actions are drawn
  /// from the action space.
  let nextAction: (() throws -> (numbers: [Double], place: String)?)?
  let report: (RolloutLine) throws -> Void

  /// Plays until the episode ends or there is nothing more to do. Throws ``UsageError`` for an action that does not fit.
  func play(in start: some Environment) throws {
    try run(start)
  }

  private func run<World: Environment>(_ start: World) throws {
    var world = start
    var observation = world.emptyObservation()
    var action = world.emptyAction()
    var random = RandomStream(SeedSequence(seed).spawn(0))
    world.reset(seed: seed, into: &observation)
    if let state { try UsageError.of("--state: ") { try world.restore(state: state, into: &observation) } }
    try report(RolloutLine(t: 0, state: world.state, observation: observation.numbers, in: world.observationSpace))

    let limit = steps ?? (nextAction == nil ? world.stepLimit ?? Evaluation.stepLimit : .max)
    var t = 0
    while t < limit {
      if let nextAction {
        guard let (numbers, place) = try nextAction() else { return }
        guard let given = World.Action(numbers: numbers, in: world.actionSpace) else {
          throw UsageError("\(place): \(numbers) is not an action; expected one of \(world.actionSpace)")
        }
        action = given
      } else {
        action.sample(from: world.actionSpace, using: &random)
      }
      let step = world.step(action, into: &observation)
      t += 1
      var line = RolloutLine(t: t, state: world.state, observation: observation.numbers, in: world.observationSpace)
      line.took(action.numbers, in: world.actionSpace, step)
      try report(line)
      if step.ending != .running { return }
    }
  }
}

/// A line of `rollout`: what the environment returned, and the action that led there.
struct RolloutLine: Encodable {
  enum Value: Encodable {
    case integer(Int)
    case vector([Double])

    init(_ numbers: [Double], in space: Space) {
      if case .discrete = space { self = .integer(Int(numbers[0])) } else { self = .vector(numbers) }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .integer(let value): try value.encode(to: encoder)
      case .vector(let values): try values.encode(to: encoder)
      }
    }
  }

  let t: Int
  let state: [Double]
  let observation: Value
  private(set) var action: Value?
  private(set) var reward: Double?
  private(set) var terminated = false
  private(set) var truncated = false

  init(t: Int, state: [Double], observation: [Double], in space: Space) {
    self.t = t
    self.state = state
    self.observation = Value(observation, in: space)
  }

  mutating func took(_ numbers: [Double], in space: Space, _ step: Step) {
    action = Value(numbers, in: space)
    reward = step.reward
    terminated = step.ending == .terminated
    truncated = step.ending == .truncated
  }
}

extension RolloutLine.Value: CustomStringConvertible {
  var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .vector(let values): "[" + values.map { rounded($0, 4) }.joined(separator: ", ") + "]"
    }
  }
}
