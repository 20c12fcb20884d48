import Foundation
import RLCore

/// `solution.json`: the tables of a finite world's learner, `{"states", "actions", "v": [states],
/// "q": [states][actions], "policy": [states][actions]}`, and of what learns by acting `"visits": [states]`, estimated.
public enum SolutionFile {
  /// The same solution gives the same bytes. Throws ``RunStoreError/cannotEncode`` where a value is not finite.
  public static func encode(_ solution: Solution) throws -> Data {
    guard (solution.v + solution.q + solution.policy).allSatisfy(\.isFinite) else {
      throw RunStoreError.cannotEncode(what: "the solution", reason: "a value is not a finite number")
    }
    func list(_ values: some Collection<Double>) -> String {
      "[" + values.map { "\($0)" }.joined(separator: ",") + "]"
    }
    func rows(_ values: [Double]) -> String {
      let width = solution.actions
      let rows = (0..<solution.states).map { list(values[$0 * width..<($0 + 1) * width]) }
      return "[\n" + rows.joined(separator: ",\n") + "\n]"
    }
    let visits = solution.visits.map { ",\n\"visits\":[" + $0.map(String.init).joined(separator: ",") + "]" } ?? ""
    let json = """
      {"states":\(solution.states),"actions":\(solution.actions),
      "v":\(list(solution.v)),
      "q":\(rows(solution.q)),
      "policy":\(rows(solution.policy))\(visits)}

      """
    return Data(json.utf8)
  }

  /// Throws ``RunStoreError/badFile`` where it is not JSON of this form or its tables do not fit together.
  public static func read(_ url: URL) throws -> Solution {
    let data = try readFile(url)
    let expected = "expected {\"states\", \"actions\", \"v\", \"q\", \"policy\"} with tables of numbers"
    do {
      let tables = try JSONDecoder().decode(Tables.self, from: data)
      guard tables.states > 0, tables.actions > 0, tables.v.count == tables.states,
        tables.visits.map({ $0.count == tables.states && $0.allSatisfy { $0 >= 0 } }) ?? true,
        [tables.q, tables.policy].allSatisfy({ table in
          table.count == tables.states && table.allSatisfy { $0.count == tables.actions }
        })
      else {
        throw RunStoreError.badFile(
          path: url.relativePath, line: nil,
          reason: "its tables are not of \(tables.states) states and \(tables.actions) actions")
      }
      var solution = Solution(
        states: tables.states, actions: tables.actions, v: tables.v, q: tables.q.flatMap(\.self),
        policy: tables.policy.flatMap(\.self))
      solution.visits = tables.visits
      return solution
    } catch is DecodingError {
      throw RunStoreError.badFile(path: url.relativePath, line: nil, reason: expected)
    }
  }

  private struct Tables: Decodable {
    let states: Int
    let actions: Int
    let v: [Double]
    let q: [[Double]]
    let policy: [[Double]]
    let visits: [Int]?
  }
}
