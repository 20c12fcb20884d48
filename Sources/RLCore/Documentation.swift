/// What people need to know of an environment, in Gymnasium's fixed sections. The one text behind `rlgym describe` and
/// the DocC catalogue; settings, spaces and limits are not repeated here, they come from the environment itself.
public struct Documentation: Sendable, Equatable {
  /// One number of a vector observation. Its bounds are the observation space's.
  public struct Quantity: Sendable, Equatable {
    public var name: String
    /// Empty where the number has no unit.
    public var unit: String

    public init(_ name: String, unit: String = "") {
      self.name = name
      self.unit = unit
    }
  }

  /// The task in one line, an imperative without a full stop: "balance a pole on a cart".
  public var summary: String
  /// What each action does, with units; and what happens to an action outside the space.
  public var action: String
  /// What the observation tells.
  public var observation: String
  /// The numbers of a vector observation, in order; empty for a discrete one.
  public var quantities: [Quantity]
  /// What each step pays, with its range.
  public var rewards: String
  /// The distribution of the first state.
  public var start: String
  /// When an episode terminates. The time limit is the catalogue's.
  public var end: String
  /// A good policy's return, where it is known, and how it is known; else empty.
  public var knownReturn: String
  /// The mean return over the starts of the best play that is known, where a table does not tell it and the world is as it
  /// is registered.
  public var nearOptimalReturn: Double?
  /// Book section, or paper with DOI, or the program it reproduces and how exactly; integrator and constants.
  public var source: String

  public init(
    summary: String = "", action: String = "", observation: String = "", quantities: [Quantity] = [],
    rewards: String = "", start: String = "", end: String = "", knownReturn: String = "",
    nearOptimalReturn: Double? = nil, source: String = ""
  ) {
    self.summary = summary
    self.action = action
    self.observation = observation
    self.quantities = quantities
    self.rewards = rewards
    self.start = start
    self.end = end
    self.knownReturn = knownReturn
    self.nearOptimalReturn = nearOptimalReturn
    self.source = source
  }

  /// The sections in their order, each with its heading; those that may be empty and are, left out.
  public var sections: [(heading: String, text: String)] {
    [
      ("Action", action), ("Observation", observation), ("Rewards", rewards), ("Start", start), ("Episode end", end),
      ("Known return", knownReturn), ("Source", source),
    ].filter { $0.0 != "Known return" || !$0.1.isEmpty }
  }

  /// What is missing, one line each.
  func problems(for observations: Space) -> [String] {
    var problems = sections.filter(\.text.isEmpty).map { "documentation: the section '\($0.heading)' is empty" }
    if summary.isEmpty { problems.append("documentation: the summary is empty") }
    if case .box(let low, _) = observations, quantities.count != low.count {
      problems.append("documentation: \(quantities.count) quantities are described, an observation has \(low.count)")
    }
    return problems
  }
}
