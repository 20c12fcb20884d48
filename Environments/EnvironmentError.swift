/// What can be wrong with an environment that a person describes, each as one line.
public enum EnvironmentError: Error, Equatable, CustomStringConvertible {
  /// A file that is not a grid world. Lines count from 1.
  case badFile(file: String, line: Int, problem: String, expected: String)
  case unreadable(file: String, reason: String)
  /// A map given in code.
  case badMap(problem: String, expected: String)
  case unknownWorld(name: String, nearest: [String])

  public var description: String {
    switch self {
    case .badFile(let file, let line, let problem, let expected): "\(file):\(line): \(problem); expected \(expected)"
    case .unreadable(let file, let reason): "\(file): \(reason); expected a grid world in YAML"
    case .badMap(let problem, let expected): "the map: \(problem); expected \(expected)"
    case .unknownWorld(let name, let nearest):
      "there is no grid world '\(name)'" + (nearest.isEmpty ? "" : "; nearest: " + nearest.joined(separator: ", "))
    }
  }
}
