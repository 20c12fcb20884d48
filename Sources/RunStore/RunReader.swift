import Foundation
import RLCore

/// How a run stands.
public enum RunStatus: Sendable, Equatable {
  case running
  /// A trainer is at work, and waits until a person lets it go on.
  case paused
  case finished
  /// A signal or a person stopped it, after saving.
  case interrupted
  case failed(String)
  /// No trainer is at work and none said goodbye: it was killed.
  case stopped

  /// As the run's lock and log say. Throws ``RunStoreError/system`` where the log cannot be read.
  public init(of run: RunDirectory) throws {
    let isLive = RunLock.isHeld(run)
    self =
      switch try RunLog(run).lastEvent() {
      case .paused where isLive: .paused
      case _ where isLive: .running
      case .finished: .finished
      case .interrupted: .interrupted
      case .failed(let reason): .failed(reason)
      case .started, .resumed, .paused, .continued, nil: .stopped
      }
  }

  /// Whether a trainer is at work.
  public var isLive: Bool { self == .running || self == .paused }
}

/// What a screen needs to know about a run, from its files alone: the same for a live run, a finished one, and one that
/// another process trains.
public struct RunReader: Sendable {
  /// Rows beyond this are thinned.
  static let rowLimit = 20_000

  public let run: RunDirectory
  /// `nil` until it can be read.
  public private(set) var config: RunConfig?
  /// All rows of metrics so far, oldest first; of a long run every second, fourth, … of the older ones, or a sample.
  public private(set) var rows: [MetricsRow] = []
  public private(set) var status = RunStatus.stopped
  /// What was changed while it went on, the oldest first.
  public private(set) var changes: [SettingChange] = []
  /// The newest saved episode.
  public private(set) var latestEpisode: (step: Int, url: URL, episode: Episode)?
  /// The tables of a learner in a finite world.
  public private(set) var solution: Solution?
  /// The state values of one elsewhere.
  public private(set) var surface: Surface?
  /// The best evaluation so far: `reward` is its `eval/mean_reward`.
  public private(set) var best: (step: Int, reward: Double)?
  /// Why a file of the run could not be read, when it last was looked at.
  public private(set) var problem: String?

  private var tail: MetricsTail
  private var configMark: FileMark?
  private var logMark: FileMark?
  private var solutionMark: FileMark?
  private var surfaceMark: FileMark?
  private var episodesMark: FileMark?

  public init(_ run: RunDirectory) {
    self.run = run
    tail = MetricsTail(run.metricsURL, sampling: true)
  }

  /// Reads what has changed since the last call. A file that cannot be read keeps its last good value, and
  /// ``problem`` says why.
  public mutating func poll() {
    problem = nil
    pollRows()
    attempt { reader in
      try reader.whenChanged(reader.run.configURL, \.configMark) { $0.config = try RunConfig(from: $0.run) }
    }
    attempt { reader in
      try reader.whenChanged(reader.run.solutionURL, \.solutionMark) {
        $0.solution = try SolutionFile.read($0.run.solutionURL)
      }
    }
    attempt { reader in
      try reader.whenChanged(reader.run.surfaceURL, \.surfaceMark) {
        $0.surface = try SurfaceFile.read($0.run.surfaceURL)
      }
    }
    attempt { reader in
      try reader.whenChanged(reader.run.episodesURL, \.episodesMark) { try $0.readNewestEpisode() }
    }
    attempt { reader in
      try reader.whenChanged(reader.run.logURL, \.logMark) { $0.changes = try RunLog($0.run).changes() }
    }
    attempt { $0.status = try RunStatus(of: $0.run) }
  }

  /// The state values: of vectors, or of a finite world's numbered states.
  public var valueSurface: Surface? { surface ?? solution.flatMap(Surface.init) }

  private mutating func attempt(_ body: (inout RunReader) throws -> Void) {
    do { try body(&self) } catch { problem = "\(error)" }
  }

  /// Calls `read` where the file is not the one that was last read well.
  private mutating func whenChanged(
    _ url: URL, _ mark: WritableKeyPath<RunReader, FileMark?>, _ read: (inout RunReader) throws -> Void
  ) throws {
    guard let now = FileMark(url), now != self[keyPath: mark] else { return }
    try read(&self)
    // A file that may still change within the same tick of the clock is read again next time.
    self[keyPath: mark] = now.isSettled ? now : nil
  }

  private mutating func pollRows() {
    let new = tail.poll()
    if tail.didRestart {
      rows = []
      best = nil
    }
    for row in new {
      if rows.count >= Self.rowLimit { thin() }
      rows.append(row)
      if let reward = row.values["eval/mean_reward"], reward > best?.reward ?? -.infinity,
        row.values[MetricsRow.askedTag] == nil
      {
        best = (row.step, reward)
      }
    }
  }

  /// Keeps every second row, and of those with an evaluation every second too, so that no kind dies out.
  private mutating func thin() {
    var isEven = [true, true]
    rows = rows.filter { row in
      let kind = row.values["eval/mean_reward"] == nil ? 0 : 1
      defer { isEven[kind].toggle() }
      return isEven[kind]
    }
  }

  private mutating func readNewestEpisode() throws {
    guard let newest = run.episodes().last, newest.url != latestEpisode?.url else { return }
    latestEpisode = (newest.step, newest.url, try EpisodeFile.read(newest.url).episode)
  }
}
