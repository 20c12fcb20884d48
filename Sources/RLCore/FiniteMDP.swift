/// A finite Markov decision process with known dynamics: what planners sweep and what ``Simulator`` samples.
///
/// States are 0 ..< stateCount, actions 0 ..< actionCount; every action is available in every state.
public protocol FiniteMDP: Sendable {
  var stateCount: Int { get }
  var actionCount: Int { get }
  /// The discount γ in [0, 1] that this problem is stated with.
  var discount: Double { get }
  /// The distribution of the first state. Shape `[states]`.
  var initial: [Double] { get }
  /// What action `a` in state `s` can lead to: probabilities that sum to 1, in a fixed order.
  func outcomes(_ state: Int, _ action: Int) -> [Outcome]
  /// What people need to know of it.
  var documentation: Documentation { get }
  func drawing(ofState state: Int) -> Drawing
}

extension FiniteMDP {
  /// Nothing said, which ``checkFiniteMDP(_:seed:pairs:samples:)`` complains of.
  public var documentation: Documentation { Documentation() }
}

/// One branch of a transition, as a row of Gymnasium's `P[s][a]`.
public struct Outcome: Sendable, Equatable {
  public var probability: Double
  public var next: Int
  public var reward: Double
  public var isTerminal: Bool

  public init(probability: Double, next: Int, reward: Double, isTerminal: Bool) {
    self.probability = probability
    self.next = next
    self.reward = reward
    self.isTerminal = isTerminal
  }
}

/// The transitions of a finite MDP in flat storage: branches of (s, a) lie at `starts[s·A + a] ..< starts[s·A + a + 1]`.
public struct TransitionTable: Sendable {
  public struct Branch: Sendable {
    public let reward: Double
    public let next: Int32
    public let isTerminal: Bool
  }

  public let states: Int
  public let actions: Int
  public let discount: Double
  public let initial: [Double]
  /// Shape `[states × actions + 1]`.
  public let starts: [Int32]
  public let branches: [Branch]
  /// Probability of each branch.
  public let probabilities: [Double]

  /// Lays the process out. Throws ``CoreError/badModel`` where probabilities do not sum to 1, a next state does not
  /// exist, or a reward is not finite.
  public init(_ process: some FiniteMDP) throws {
    states = process.stateCount
    actions = process.actionCount
    discount = process.discount
    initial = process.initial
    guard states > 0, actions > 0 else { throw CoreError.badModel("it has no states or no actions") }
    guard initial.count == states, Self.isDistribution(initial) else {
      throw CoreError.badModel("the distribution of the first state does not sum to 1 over \(states) states")
    }
    var starts: [Int32] = [0]
    var branches: [Branch] = []
    var probabilities: [Double] = []
    starts.reserveCapacity(states * actions + 1)
    for s in 0..<states {
      for a in 0..<actions {
        let outcomes = process.outcomes(s, a)
        guard Self.isDistribution(outcomes) else {
          throw CoreError.badModel("the probabilities of state \(s), action \(a) do not sum to 1")
        }
        for outcome in outcomes {
          guard (0..<states).contains(outcome.next), outcome.reward.isFinite else {
            throw CoreError.badModel(
              "state \(s), action \(a) leads to state \(outcome.next) with reward \(outcome.reward)")
          }
          branches.append(
            Branch(reward: outcome.reward, next: Int32(outcome.next), isTerminal: outcome.isTerminal))
          probabilities.append(outcome.probability)
        }
        starts.append(Int32(branches.count))
      }
    }
    self.starts = starts
    self.branches = branches
    self.probabilities = probabilities
  }

  /// Whether two states differ in their place alone: each branch of one leads as far from it, as likely and for the same
  /// reward, as that of the other.
  public func isAlike(_ s: Int, _ other: Int) -> Bool {
    let first = Int(starts[s * actions])
    let before = Int(starts[other * actions])
    for a in 1...actions
    where Int(starts[s * actions + a]) - first != Int(starts[other * actions + a]) - before { return false }
    let distance = Int32(s - other)
    for i in 0..<Int(starts[(s + 1) * actions]) - first {
      let (one, two) = (branches[first + i], branches[before + i])
      guard one.reward == two.reward, one.isTerminal == two.isTerminal,
        one.isTerminal || one.next - two.next == distance, probabilities[first + i] == probabilities[before + i]
      else { return false }
    }
    return true
  }

  private static func isDistribution(_ outcomes: [Outcome]) -> Bool {
    var sum = 0.0
    for outcome in outcomes {
      guard outcome.probability >= 0 else { return false }
      sum += outcome.probability
    }
    return abs(sum - 1) < 1e-9
  }

  private static func isDistribution(_ p: [Double]) -> Bool {
    p.allSatisfy { $0 >= 0 } && abs(p.reduce(0, +) - 1) < 1e-9
  }
}
