/// What can go wrong in RLCore, each as one line for the person who reads it.
public enum CoreError: Error, Equatable, CustomStringConvertible {
  /// A reward, loss or parameter became infinite or not a number.
  case nonFinite(quantity: String, step: Int)
  case badState(String)
  case badCheckpoint(String)
  case unknownSetting(name: String, nearest: [String])
  case badSetting(name: String, value: String, expected: String)
  /// One that may not change while a run goes on; `schedules` may.
  case fixedSetting(name: String, schedules: [String])
  case badModel(String)
  /// A planner has found that what it looks for does not exist, or that it cannot find it.
  case noSolution(String)
  /// A learner is asked to act or to be judged that cannot be.
  case noPolicy(String)

  public var description: String {
    switch self {
    case .nonFinite(let quantity, let step):
      "\(quantity) is not a finite number at step \(step); training stopped, the last good checkpoint is kept"
    case .badState(let reason): "the state does not fit: \(reason)"
    case .badCheckpoint(let reason): "the checkpoint does not fit: \(reason)"
    case .unknownSetting(let name, let nearest): "there is no setting '\(name)'" + suggestion(nearest)
    case .badSetting(let name, let value, let expected): "\(name): \(value) is not valid; expected \(expected)"
    case .fixedSetting(let name, let schedules):
      "'\(name)' cannot change while a run goes on; "
        + (schedules.isEmpty ? "nothing of this agent can" : "expected one of " + schedules.joined(separator: ", "))
    case .badModel(let reason): "the model is not a Markov decision process: \(reason)"
    case .noSolution(let reason): "there is no solution: \(reason)"
    case .noPolicy(let reason): reason
    }
  }
}

/// `"; nearest: a, b"`, or nothing when there is nothing near.
public func suggestion(_ nearest: [String]) -> String {
  nearest.isEmpty ? "" : "; nearest: " + nearest.joined(separator: ", ")
}

/// Up to three of `names` that a person may have meant by `name`, nearest first.
/// Distance: optimal string alignment (Damerau–Levenshtein with adjacent transpositions), case folded.
public func nearestNames(to name: String, in names: [String]) -> [String] {
  let wanted = Array(name.lowercased())
  let scored = names.map { candidate -> (name: String, distance: Int) in
    let lower = candidate.lowercased()
    let start = name.lowercased()
    // Names that go on from what was typed come before those that have it somewhere.
    if !wanted.isEmpty, lower != start, lower.contains(start) { return (candidate, lower.hasPrefix(start) ? 1 : 2) }
    return (candidate, editDistance(wanted, Array(lower)))
  }
  let reach = max(2, wanted.count / 3)
  return scored.filter { $0.distance <= reach }.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    .prefix(3).map(\.name)
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var before = [Int](repeating: 0, count: b.count + 1)
  var above = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = Swift.min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = Swift.min(best, before[j - 1] + 1) }
      row.append(best)
    }
    before = above
    above = row
  }
  return above[b.count]
}
