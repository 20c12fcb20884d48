import Networks
import RLCore

/// The settings of an agent that learns from stored clips, which somebody reads for it from what it names.
public protocol ClipLearning: PolicyNetworkSettings {
  /// Where the clips are, a folder of pairs or a run; empty where nothing is named.
  var clipsFrom: String { get }
  /// The setting that says so.
  static var clipSetting: String { get }
  /// How many of a run's last saved episodes it learns from; `nil` for one that learns from pairs alone.
  var savedEpisodes: Int? { get }
  /// The run whose policy is the reference and the start; empty where there is none.
  var reference: String { get }

  /// What was read.
  var data: Preferences { get set }
  var start: SavedPolicy? { get set }
}

extension Setting {
  /// A name or path.
  static func words(_ name: String, _ path: Path<String>, _ help: String) -> Setting {
    custom(
      name, expected: "a name or path", help, read: { .text($0[keyPath: path]) },
      write: { root, value in
        switch value {
        case .text, .integer: root[keyPath: path] = value.description
        default: return false
        }
        return true
      })
  }
}
