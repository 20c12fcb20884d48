import Foundation
import RLCore

extension GridWorld {
  /// The worlds of the folder GridWorlds that travel inside the binary, one line a file. Embedding renames a file's
  /// `-` and `.` to `_` and cannot be listed.
  static let files: [(id: String, bytes: [UInt8])] = [
    ("SB-dyna-maze", PackageResources.SB_dyna_maze_yaml),
    ("SB-gridworld-4x4", PackageResources.SB_gridworld_4x4_yaml),
    ("SB-gridworld-5x5", PackageResources.SB_gridworld_5x5_yaml),
    ("SB-windy", PackageResources.SB_windy_yaml),
    ("SB-windy-kings", PackageResources.SB_windy_kings_yaml),
    ("SB-windy-stochastic", PackageResources.SB_windy_stochastic_yaml),
    ("Slip-4x4", PackageResources.Slip_4x4_yaml),
    ("Zhao-1x2", PackageResources.Zhao_1x2_yaml),
    ("Zhao-2x2", PackageResources.Zhao_2x2_yaml),
    ("Zhao-2x2-open", PackageResources.Zhao_2x2_open_yaml),
    ("Zhao-3x3", PackageResources.Zhao_3x3_yaml),
    ("Zhao-5x5", PackageResources.Zhao_5x5_yaml),
    ("Zhao-7x7", PackageResources.Zhao_7x7_yaml),
    ("Zhao-cycle", PackageResources.Zhao_cycle_yaml),
  ]

  /// The ids of the worlds that come with rlgym.
  public static var bundled: [String] { files.map(\.id) }

  /// A world that comes with rlgym. Throws ``EnvironmentError/unknownWorld(name:nearest:)``.
  public init(bundled id: String) throws(EnvironmentError) {
    guard let file = Self.files.first(where: { $0.id == id }) else {
      throw .unknownWorld(name: id, nearest: nearestNames(to: id, in: Self.bundled))
    }
    try self.init(yaml: String(decoding: file.bytes, as: UTF8.self), file: "GridWorlds/\(id).yaml")
  }
}
