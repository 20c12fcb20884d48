import RLCore

/// Finds out where values diverge because nothing is discounted, instead of sweeping for ever.
///
/// Values exist without discount where rewards cannot go on for ever, for good or ill. Two tests, neither of which has
/// false alarms:
///
/// - Once, on the structure: every state must have a way to an end, or to a place where one can stay without reward.
///   Where there is none, whatever is done, rewards never cease. All values of −∞ are of this sort.
/// - Again and again, on the values: given a set C of states, each with an action that may not leave C and that has
///   q(s, a) ≥ v(s) + m with m > 0, following these actions earns m a step for ever, so values are +∞. Where the largest
///   mean reward a step is positive, such a set turns up: damped sweeps v ← (v + Tv) / 2 converge in their growth even
///   round a cycle (Puterman (1994), §8.5.4 and theorem 9.4.5). The test makes as many of them as there were sweeps,
///   each time that the number of sweeps has doubled.
struct Endlessness: Sendable {
  private static let firstTest = 64
  private let gamma: Double
  private var sweeps = 0

  init(discount gamma: Double) { self.gamma = gamma }

  /// To be called after each sweep; throws ``CoreError/noSolution`` where values diverge.
  mutating func check(_ model: SweepModel, _ v: [Double]) throws {
    guard gamma == 1 else { return }
    sweeps += 1
    if sweeps == 1 { try checkThatRewardsCease(model) }
    if sweeps >= Self.firstTest && sweeps & (sweeps - 1) == 0 { try checkThatNoneGrow(model, v) }
  }

  private func checkThatRewardsCease(_ model: SweepModel) throws {
    let reverse = ReverseOrder(model, stopsAtRest: true)
    guard let place = reverse.distances.firstIndex(of: -1) else { return }
    throw CoreError.noSolution(
      "without discount the value of state \(model.state(at: place)) diverges, since no policy ends there; set a discount below 1"
    )
  }

  private func checkThatNoneGrow(_ model: SweepModel, _ values: [Double]) throws {
    var v = values
    var next = v
    for _ in 0..<sweeps {
      _ = model.sweep(v, into: &next)
      for s in v.indices { v[s] = (v[s] + next[s]) / 2 }
    }
    let margin = 1e-9 * max(model.largestReward, .leastNormalMagnitude)
    let growing = model.statesThatKeep(Predecessors(model)) { s, a in model.actionValue(s, a, v) - v[s] > margin }
    guard let place = growing.firstIndex(of: true) else { return }
    throw CoreError.noSolution(
      "without discount the value of state \(model.state(at: place)) diverges, since it can earn for ever; set a discount below 1"
    )
  }

  func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("sweeps", sweeps) }

  mutating func restore(from checkpoint: CheckpointReader) throws { sweeps = try checkpoint.int("sweeps") }
}

extension SweepModel {
  /// The largest set of states, by place, each with an allowed action that surely stays in the set.
  func statesThatKeep(_ predecessors: Predecessors, allowed: (_ place: Int, _ action: Int) -> Bool) -> [Bool] {
    let allowed = (0..<states * actions).map {
      !mayEnd($0 / actions, $0 % actions) && allowed($0 / actions, $0 % actions)
    }
    var keeps = (0..<states).map { s in allowed[s * actions..<(s + 1) * actions].contains(true) }
    var left = (0..<states).filter { !keeps[$0] }
    while let gone = left.popLast() {
      for i in Int(predecessors.starts[gone])..<Int(predecessors.starts[gone + 1]) {
        let s = Int(predecessors.list[i])
        if keeps[s] && !(0..<actions).contains(where: { allowed[s * actions + $0] && stays(s, $0, in: keeps) }) {
          keeps[s] = false
          left.append(s)
        }
      }
    }
    return keeps
  }

  /// Whether the pair leads nowhere else.
  func stays(_ place: Int, _ action: Int, in set: [Bool]) -> Bool {
    var stays = true
    forEachSuccessor(place, action) { next, _ in stays = stays && set[next] }
    return stays
  }
}
