import Foundation
import RLCore

/// The two checkpoints of a run.
public enum CheckpointKind: String, CaseIterable, Sendable {
  /// Where training goes on from.
  case latest
  /// The policy with the best evaluation so far.
  case best
}

/// What a run keeps of other runs, so that it needs them no more.
public enum CopyKind: String, Sendable {
  /// The policy that it began from.
  case reference
  /// The reward model whose rewards it learns from.
  case reward
}

/// The folder of one run and the names of the files in it (DESIGN §6).
public struct RunDirectory: Sendable, Hashable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var name: String { url.lastPathComponent }

  public var configURL: URL { url.appending(path: "config.yaml") }
  public var metricsURL: URL { url.appending(path: "metrics.jsonl") }
  public var solutionURL: URL { url.appending(path: "solution.json") }
  public var surfaceURL: URL { url.appending(path: "surface.json") }
  public var commandsURL: URL { url.appending(path: "commands.jsonl") }
  public var logURL: URL { url.appending(path: "log.txt") }
  public func copyURL(_ kind: CopyKind) -> URL { url.appending(path: kind.rawValue + ".safetensors") }
  var checkpointsURL: URL { url.appending(path: "checkpoints", directoryHint: .isDirectory) }
  var episodesURL: URL { url.appending(path: "episodes", directoryHint: .isDirectory) }

  public func checkpointURL(_ kind: CheckpointKind) -> URL {
    checkpointsURL.appending(path: kind.rawValue + ".safetensors")
  }

  /// Episode `index` of the evaluation after `step` steps.
  public func episodeURL(step: Int, index: Int) -> URL {
    episodesURL.appending(path: "\(step)-\(index).safetensors")
  }

  /// The saved episodes, in order of step and index.
  public func episodes() -> [(step: Int, index: Int, url: URL)] {
    fileNames(in: episodesURL).compactMap { name -> (step: Int, index: Int, url: URL)? in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1] == "safetensors" else { return nil }
      let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let step = numbers[0], let index = numbers[1] else { return nil }
      return (step, index, episodesURL.appending(path: name))
    }
    .sorted { ($0.step, $0.index) < ($1.step, $1.index) }
  }

  /// Removes what a killed process left half written. Call it only while no one else writes.
  func removeUnfinishedFiles() {
    for folder in [url, checkpointsURL, episodesURL] {
      for name in fileNames(in: folder) where name.hasPrefix(unfinishedPrefix) {
        unlink(folder.appending(path: name).path(percentEncoded: false))
      }
    }
  }
}

extension RunDirectory {
  /// Makes the folder of a new run under `root`, with `checkpoints/` and `episodes/` in it:
  /// `<environment>__<agent>__s<seed>__<yyyymmdd-hhmmss>` in local time, with `-2`, `-3`, … where that is taken.
  ///
  /// Throws ``RunStoreError/runExists`` where a `name` is given and taken, ``RunStoreError/badName`` where it is no
  /// file name, and ``RunStoreError/system`` where the folder cannot be made.
  public static func create(
    in root: URL, environment: String, agent: String, seed: UInt64, name: String?, at date: Date
  ) throws -> RunDirectory {
    if let name, name.isEmpty || name.hasPrefix(".") || name.contains(where: { $0 == "/" || $0.isNewline }) {
      throw RunStoreError.badName(name)
    }
    try makeFolders(root)
    let stem = name ?? "\(fileName(environment))__\(fileName(agent))__s\(seed)__\(timeStamp(date))"
    var attempt = 1
    while true {
      let url = root.appending(path: attempt == 1 ? stem : "\(stem)-\(attempt)", directoryHint: .isDirectory)
      // mkdir is the one test that two processes cannot both pass.
      if mkdir(url.path(percentEncoded: false), 0o777) == 0 {
        let run = RunDirectory(url)
        try makeFolders(run.checkpointsURL)
        try makeFolders(run.episodesURL)
        return run
      }
      guard errno == EEXIST else { throw RunStoreError.system("create", url.relativePath) }
      if name != nil { throw RunStoreError.runExists(path: url.relativePath) }
      attempt += 1
    }
  }

  /// The run that a person means: a run's name under `root`, a path to its folder, or with `nil` the newest.
  ///
  /// Throws ``RunStoreError/noRuns``, ``RunStoreError/unknownRun`` with the nearest names, or
  /// ``RunStoreError/notARun`` for a folder without `config.yaml`.
  public static func find(_ name: String?, in root: URL) throws -> RunDirectory {
    guard let name else {
      guard let newest = all(in: root).first else { throw RunStoreError.noRuns(root: root.relativePath) }
      return newest
    }
    var fallback: RunStoreError?
    let places = name.isEmpty ? [] : [root.appending(path: name), URL(filePath: name)]
    for url in places {
      let run = RunDirectory(url.standardizedFileURL)
      if run.isRun { return run }
      if FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) { fallback = .notARun(path: name) }
    }
    let names = all(in: root).map(\.name)
    if let fallback { throw fallback }
    if names.isEmpty { throw RunStoreError.noRuns(root: root.relativePath) }
    throw RunStoreError.unknownRun(name: name, root: root.relativePath, nearest: nearestNames(to: name, in: names))
  }

  /// The runs under `root`, that is the folders with a `config.yaml`, most recently written first.
  public static func all(in root: URL) -> [RunDirectory] {
    fileNames(in: root)
      .map { RunDirectory(root.appending(path: $0, directoryHint: .isDirectory)) }
      .filter(\.isRun)
      .map { (run: $0, time: $0.lastWritten) }
      .sorted { ($0.time, $0.run.name) > ($1.time, $1.run.name) }
      .map(\.run)
  }

  private var isRun: Bool { FileMark(configURL) != nil }

  private var lastWritten: Double {
    max(FileMark(configURL)?.modified ?? 0, FileMark(metricsURL)?.modified ?? 0)
  }
}

/// The names in a folder; none where it is missing or unreadable, as for a run that has not begun.
func fileNames(in folder: URL) -> [String] {
  (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
}

/// An id, or the path of a world's file, as a part of a file name.
func fileName(_ id: String) -> String {
  var name = Substring(id.split(separator: "/").last ?? "")
  for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
  let kept = name.map { $0.isLetter || $0.isNumber || "-_.+".contains($0) ? $0 : "-" }
  return kept.first == "." ? "-" + String(kept) : String(kept)
}

private func timeStamp(_ date: Date) -> String {
  var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
  var parts = tm()
  localtime_r(&seconds, &parts)
  let numbers = [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
  let text = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }
  return text[0...2].joined() + "-" + text[3...5].joined()
}
