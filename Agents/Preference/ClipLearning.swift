import Networks
import RLCore

/// The settings of an agent that learns from stored clips, which somebody reads for it from what it names.
public protocol ClipLearning: DiscreteLearning {
  /// Where the clips are, a folder of pairs or a run; empty where nothing is named.
  var clipsFrom: String { get }
  /// The setting that says so.
  static var clipSetting: String { get }
  /// How many of a run's last saved episodes it learns from; `nil` for one that learns from pairs alone.
  var savedEpisodes: Int? { get }
  /// The updates of one that makes its clips itself, and needs none that somebody reads for it; `nil` for others.
  var ownUpdates: Int? { get }

  /// What was read.
  var data: Preferences { get set }
}

extension ClipLearning {
  public var ownUpdates: Int? { nil }
}

/// The settings of an agent that begins from another run's policy, and may stay near it.
public protocol ReferenceLearning: PolicyNetworkSettings {
  /// The run whose policy is the reference and the start; empty where there is none.
  var reference: String { get }

  /// What was read.
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
