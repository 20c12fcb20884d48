import RLCore

/// States by their distance to an end, in steps that have a probability: breadth first, against the arrows.
///
/// Where nothing ends, distance is from the states that can earn the most at once. States that cannot get there are last.
struct ReverseOrder {
  let order: [Int32]
  /// Steps to the nearest end; −1 where none can be reached. Shape `[states]`.
  let distances: [Int32]
  /// Where one can stay for ever without reward but never end. Shape `[states]`, or empty where there is no such place.
  private let rests: [Bool]

  /// With `stopsAtRest`, states from which no end can be reached count their steps to a place where one can stay for ever
  /// without reward, if there is one.
  init(_ model: SweepModel, stopsAtRest: Bool = false) {
    let predecessors = Predecessors(model)
    let ends = (0..<model.states).map { s in (0..<model.actions).contains { model.mayEnd(s, $0) } }
    var distances = [Int32](repeating: -1, count: model.states)
    var order: [Int32] = []
    order.reserveCapacity(model.states)
    var head = 0
    func goBack(from seeds: [Bool]) {
      for s in 0..<model.states where seeds[s] && distances[s] < 0 {
        distances[s] = 0
        order.append(Int32(s))
      }
      while head < order.count {
        let s = Int(order[head])
        head += 1
        for i in Int(predecessors.starts[s])..<Int(predecessors.starts[s + 1]) {
          let before = Int(predecessors.list[i])
          if distances[before] >= 0 { continue }
          distances[before] = distances[s] + 1
          order.append(Int32(before))
        }
      }
    }
    goBack(from: ends.contains(true) || stopsAtRest ? ends : Self.best(model))
    var rests = [Bool]()
    if stopsAtRest && order.count < model.states {
      rests = model.statesThatKeep(predecessors) { model.reward($0, $1) == 0 }
      for s in 0..<model.states where distances[s] >= 0 { rests[s] = false }
      goBack(from: rests)
    }
    self.rests = rests
    for s in 0..<model.states where distances[s] < 0 { order.append(Int32(s)) }
    self.order = order
    self.distances = distances
  }

  /// Whether the state is one to stay in for ever without reward.
  func isRest(_ state: Int) -> Bool { !rests.isEmpty && rests[state] }

  /// In each state the first action that may lead nearer to an end, so that all states end that can; at rest, the first
  /// that stays there.
  func policy(in model: SweepModel) -> [Int] {
    (0..<model.states).map { s in
      (0..<model.actions).first { a in
        if isRest(s) { return model.reward(s, a) == 0 && !model.mayEnd(s, a) && model.stays(s, a, in: rests) }
        var isNearer = model.mayEnd(s, a)
        model.forEachSuccessor(s, a) { next, _ in isNearer = isNearer || distances[next] == distances[s] - 1 }
        return isNearer
      } ?? 0
    }
  }

  /// The states whose best mean reward is the largest.
  private static func best(_ model: SweepModel) -> [Bool] {
    let earnings = (0..<model.states).map { s in (0..<model.actions).map { model.reward(s, $0) }.max()! }
    let most = earnings.max()!
    return earnings.map { $0 == most }
  }
}

/// The states from which each place can be reached in one step: `list[starts[s] ..< starts[s + 1]]`.
struct Predecessors: Sendable {
  private(set) var starts: [Int32]
  private(set) var list: [Int32]

  /// With `stopsAtRest`, states from which no end can be reached count their steps to a place where one can stay for ever
  /// without reward, if there is one.
  init(_ model: SweepModel, stopsAtRest: Bool = false) {
    var starts = [Int32](repeating: 0, count: model.states + 1)
    for s in 0..<model.states { model.forEachSuccessor(s) { starts[$0 + 1] += 1 } }
    for s in 0..<model.states { starts[s + 1] += starts[s] }
    var list = [Int32](repeating: 0, count: Int(starts[model.states]))
    var free = starts
    for s in 0..<model.states {
      model.forEachSuccessor(s) { next in
        list[Int(free[next])] = Int32(s)
        free[next] += 1
      }
    }
    self.starts = starts
    self.list = list
  }
}
