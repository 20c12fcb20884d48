import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Replay: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Play a saved episode: on a terminal with pause, step, speed, scrub and a way to take over; elsewhere as text.")

  @Argument(help: "A run's name or folder, the newest where left out; or an episode's file.") var name: String?
  @Option(
    parsing: .unconditional,
    help: "Which episode: the step it was saved at, best or last, which it is where left out; of --verify all.")
  var episode: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("How fast: 1 is the natural pace.", valueName: "number"))
  var speed = 1.0
  @Option(help: "Write an animation to this SVG file instead.") var svg: String?
  @Flag(help: "Reset and step the world again instead, and name the first step that is not as recorded.")
  var verify = false
  @Flag(help: "Of --verify: print one JSON object.") var json = false
  @Option(help: "Folder of runs.") var runs = "Runs"

  @MainActor func runOnScreen() throws {
    if json && !verify { throw UsageError("--json is of --verify: rlgym replay RUN --verify --json") }
    guard speed > 0, speed <= 100 else { throw UsageError("--speed \(speed): expected more than 0, at most 100") }
    if let name, name.hasSuffix(".safetensors") { return try replayFile(URL(filePath: name)) }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let setup = try Setup(of: run)
    let saved = run.episodes()
    guard !saved.isEmpty else { throw UsageError("\(run.name) has no saved episodes yet") }
    if verify {
      return try verify(episode == nil ? saved : [saved[index(in: saved, of: run)]], of: run, setup)
    }
    let chosen = try index(in: saved, of: run)
    var reader = RunReader(run)
    reader.poll()
    let solution = setup.world.table == nil ? nil : reader.solution

    if let svg {
      let episode = try episode(saved[chosen].url, of: setup)
      let picture = try svgAnimation(
        of: episode, title: title(saved[chosen].step, setup), drawing: setup.world.drawing, solution: solution)
      try writeAtomically(Data(picture.utf8), to: URL(filePath: svg))
      printError("wrote \(svg)")
    } else if hasUsableTerminal() {
      // The chosen one first; the others follow in their order, without those that are damaged.
      var recordings = [try recording(saved[chosen], of: setup)]
      for other in saved[(chosen + 1)...] + saved[..<chosen] {
        do { recordings.append(try recording(other, of: setup)) } catch let error as RunStoreError {
          printError("left out: \(error)")
        }
      }
      try show(recordings, in: setup.world, solution: solution, surface: reader.valueSurface)
    } else {
      let episode = try episode(saved[chosen].url, of: setup)
      try replayText(
        of: episode, title: title(saved[chosen].step, setup), discount: setup.discount,
        every: max(1, episode.length / 20), width: 72, height: 24, drawing: setup.world.drawing, solution: solution,
        write: { try printOut($0) })
    }
  }

  private func recording(_ saved: (step: Int, index: Int, url: URL), of setup: Setup) throws -> Recording {
    Recording(title: title(saved.step, setup), episode: try episode(saved.url, of: setup), discount: setup.discount)
  }

  /// On the terminal. What a person plays from a step of an episode on is saved as `play` does.
  @MainActor private func show(
    _ recordings: [Recording], in world: World, solution: Solution? = nil, surface: Surface? = nil
  ) throws {
    let demonstrations = Demonstrations(of: world.id)
    try showReplay(
      of: recordings, in: world.played(), drawing: world.drawing, solution: solution, surface: surface, speed: speed,
      save: demonstrations.save, isInterrupted: { Interruption.isRequested })
    for line in demonstrations.lines { try printOut(line) }
    if Interruption.isRequested { throw ExitCode(130) }
  }

  /// Throws ``RunStore/RunStoreError`` where the file is damaged or another world's.
  private func episode(_ url: URL, of setup: Setup) throws -> Episode {
    let (episode, metadata) = try EpisodeFile.read(url)
    guard metadata.environment == setup.world.id else {
      throw RunStoreError.badFile(
        path: url.relativePath, line: nil,
        reason: "it belongs to the environment \(metadata.environment); expected \(setup.world.id)")
    }
    return episode
  }

  private func title(_ step: Int, _ setup: Setup) -> String {
    "\(setup.world.id) · \(setup.agent.id) · step \(step)"
  }

  private func index(in saved: [(step: Int, index: Int, url: URL)], of run: RunDirectory) throws -> Int {
    let episode = episode ?? "last"
    switch episode {
    case "last": return saved.count - 1
    case "best":
      var reader = RunReader(run)
      reader.poll()
      guard let best = reader.best, let index = saved.lastIndex(where: { $0.step == best.step }) else {
        throw UsageError("\(run.name) has no best episode: none was saved with an evaluation")
      }
      return index
    default:
      guard let step = Int(episode), let index = saved.lastIndex(where: { $0.step == step }) else {
        let steps = saved.map { "\($0.step)" }
        let listed = steps.count > 8 ? steps.prefix(4) + ["…"] + steps.suffix(3) : steps[...]
        throw UsageError("--episode \(episode): expected best, last, or one of " + listed.joined(separator: ", "))
      }
      return index
    }
  }

  /// An episode on its own, as a demonstration is.
  @MainActor private func replayFile(_ url: URL) throws {
    let (episode, metadata) = try UsageError.of { try EpisodeFile.read(url) }
    let world = try Catalog.environment(metadata.environment).world([])
    let title = "\(metadata.environment) · \(metadata.agent) · seed \(episode.seed)"
    if verify {
      // An agent may see its world through others, which its run knows.
      guard metadata.agent == EpisodeFile.human else {
        throw UsageError("\(url.relativePath) is an episode of a run; verify that: rlgym replay RUN --verify")
      }
      var report = VerificationReport(run: url.deletingLastPathComponent().relativePath)
      report.add(world.played().verify(episode), of: url.relativePath)
      return try conclude(report)
    }
    if let svg {
      let picture = try svgAnimation(of: episode, title: title, drawing: world.drawing, solution: nil)
      try writeAtomically(Data(picture.utf8), to: URL(filePath: svg))
      printError("wrote \(svg)")
    } else if hasUsableTerminal() {
      try show([Recording(title: title, episode: episode)], in: world)
    } else {
      try replayText(
        of: episode, title: title, every: max(1, episode.length / 20), width: 72, height: 24, drawing: world.drawing,
        write: { try printOut($0) })
    }
  }

  /// Throws ``ArgumentParser/ExitCode`` 1 where an episode is not what its seed and actions give.
  private func verify(_ saved: [(step: Int, index: Int, url: URL)], of run: RunDirectory, _ setup: Setup) throws {
    let learner = try setup.learner(seed: RunConfig(from: run).seed)
    var report = VerificationReport(run: run.path)
    for file in saved {
      let episode = try episode(file.url, of: setup)
      guard let result = learner.verify(episode) else {
        throw UsageError("\(run.name) cannot be stepped again: \(setup.agent.id) has no world")
      }
      report.add(result, of: "\(run.path)/episodes/\(file.url.lastPathComponent)")
      if report.divergence != nil { break }
    }
    try conclude(report)
  }

  private func conclude(_ report: VerificationReport) throws {
    if json { try printJSON(report) } else if report.verified { try printOut(report.summary) }
    if let divergence = report.divergence {
      printError("rlgym: \(divergence.summary)")
      throw ExitCode(1)
    }
  }
}

/// What `replay --verify` found.
private struct VerificationReport: Encodable {
  struct Divergence: Encodable {
    let episode: String
    let step: Int
    let quantity: String
    let recorded: [Double]
    let found: [Double]

    var summary: String {
      "\(episode): step \(step) gives the \(quantity) \(found), recorded is \(recorded)"
    }
  }

  let run: String
  var episodes = 0
  var steps = 0
  var largestDifference = 0.0
  var verified = true
  var divergence: Divergence?

  init(run: String) { self.run = run }

  mutating func add(_ result: Verification, of path: String) {
    episodes += 1
    steps += result.steps
    largestDifference = max(largestDifference, result.largestDifference)
    guard let divergence = result.divergence else { return }
    verified = false
    self.divergence = Divergence(
      episode: path, step: divergence.step, quantity: divergence.quantity.rawValue, recorded: divergence.recorded,
      found: divergence.found)
  }

  var summary: String {
    let precision = largestDifference == 0 ? "to the bit" : "to \(largestDifference)"
    return "\(run)  \(episodes) episode\(episodes == 1 ? "" : "s"), \(steps) steps: as recorded, \(precision)"
  }
}
