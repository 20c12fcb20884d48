import Agents
import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Label: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make pairs of clips from a run's policy, and say which is the better.",
    discussion: """
      rlgym label my-run --pairs 100                        # watch two clips at a time, and choose with the arrows
      rlgym label my-run --pairs 500 --labeler synthetic --temperature 15
      rlgym label my-run --clips saved --pairs 20           # compare the episodes that its evaluations have saved
      rlgym train --agent dpo --set preferences=Runs/my-run/preferences --set reference=my-run
      """)

  enum Labeler: String, ExpressibleByArgument, CaseIterable { case human, synthetic }
  enum Ties: String, ExpressibleByArgument, CaseIterable { case drop, half }
  enum Clips: String, ExpressibleByArgument, CaseIterable { case rollouts, saved }

  @Argument(help: "A run's name or folder; the newest where left out.") var name: String?
  @Argument(help: "Another run of the same environment, whose clips stand on the right.") var other: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Pairs to have a preference in the end.", valueName: "integer"))
  var pairs = 100
  @Option(help: "Who chooses: human, or synthetic by the world's rewards.") var labeler = Labeler.human
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Synthetic: T of P(left) = σ(difference of worths / T); 0: the better.", valueName: "number"))
  var temperature = 0.0
  @Option(
    name: .customLong("error-rate"), parsing: .unconditional,
    help: ArgumentHelp("Synthetic: share of labels that are turned round.", valueName: "number"))
  var errorRate = 0.0
  @Option(
    name: .customLong("tie-margin"), parsing: .unconditional,
    help: ArgumentHelp("Synthetic: worths that differ by no more are a tie.", valueName: "number"))
  var tieMargin = 0.0
  @Option(help: "Synthetic: drop ties, or keep them as one half.") var ties = Ties.drop
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clips of so many steps from anywhere in an episode, not whole ones.", valueName: "integer"))
  var segment: Int?
  @Option(help: "Synthetic: compare by return, or for segments by advantage.") var by = ClipPairs.Worth.partialReturn
  @Option(help: "Clips are played afresh, or are the saved episodes that begin in the same state.")
  var clips = Clips.rollouts
  @Option(help: "Which pair from a start: random; or of several, that of closest return or most disagreement.")
  var pairing = ClipPairs.Pairing.random
  @Option(
    name: .customLong("reward-model"),
    help: ArgumentHelp("Whose networks disagree: a run of reward-model.", valueName: "run"))
  var rewardModel: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("γ of the worths.", valueName: "number")) var discount = 1.0
  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of clips and labels.", valueName: "whole-number"))
  var seed: UInt64 = 0
  @Option(help: "Whose policy plays: the latest checkpoint or the best.") var checkpoint = CheckpointKind.latest
  @Option(help: "Folder of the pairs; RUN/preferences where left out. What is there is gone on with.") var out: String?
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object on the last line of standard output.") var json = false

  @MainActor func runOnScreen() throws {
    try check()
    let root = URL(filePath: runs)
    let run = try UsageError.of { try RunDirectory.find(name, in: root) }
    let (setup, left) = try trained(run, checkpoint)
    let right = try other.map { try opponent($0, in: root, of: setup) } ?? (name: run.name, learner: left)
    let folder = PreferenceFolder(out.map { URL(filePath: $0) } ?? run.url.appending(path: "preferences"))
    var maker = ClipMaker(
      left: left, right: right.learner, folder: folder, seed: seed, pairs: made,
      model: try rewardModel.map { try judge($0, in: root, of: setup) },
      origin: [
        "environment": setup.world.id, "left": run.name, "right": right.name, "checkpoint": checkpoint.rawValue,
        "seed": "\(seed)", "segment": segment.map { "\($0)" } ?? "episode", "by": by.rawValue,
        "discount": "\(discount)", "pairing": pairing.rawValue, "clips": clips.rawValue,
        "reward model": rewardModel ?? "none",
      ])
    if clips == .saved {
      let others = try other.map { try saved(RunDirectory.find($0, in: root), setup) }
      try maker.takeSaved(
        try saved(run, setup), others, of: [run.name, other].compactMap(\.self).joined(separator: " and "))
    }
    // Whether the folder fits is known before anything is said.
    if folder.exists { _ = try maker.batch(of: 0) }
    try folder.create()
    switch labeler {
    case .synthetic: try labelByWorth(maker)
    case .human: try labelByHand(maker, setup)
    }
    try report(folder)
    if Interruption.isRequested { throw ExitCode(130) }
  }

  private func check() throws {
    guard (1...10_000_000).contains(pairs) else { throw UsageError("--pairs \(pairs): expected 1...10000000") }
    guard temperature >= 0, temperature.isFinite else {
      throw UsageError("--temperature \(temperature): expected a number of 0 or more")
    }
    guard (0...1).contains(errorRate) else { throw UsageError("--error-rate \(errorRate): expected 0...1") }
    guard tieMargin >= 0, tieMargin.isFinite else {
      throw UsageError("--tie-margin \(tieMargin): expected a number of 0 or more")
    }
    guard (0...1).contains(discount) else { throw UsageError("--discount \(discount): expected 0...1") }
    if pairing == .disagreement, rewardModel == nil {
      throw UsageError("--pairing disagreement needs --reward-model RUN, a run of \(RewardLearningConfiguration.id)")
    }
    if rewardModel != nil, pairing != .disagreement {
      throw UsageError("--reward-model is for --pairing disagreement; leave it out with --pairing \(pairing.rawValue)")
    }
    if clips == .saved, by == .advantage {
      throw UsageError("--by advantage plays on from where clips end; expected --clips rollouts, or --by return")
    }
    if let segment, !(1...1_000_000).contains(segment) {
      throw UsageError("--segment \(segment): expected 1...1000000")
    }
  }

  private var made: ClipPairs {
    var pairs = ClipPairs(segment: segment, worth: by, discount: discount)
    pairs.pairing = pairing
    return pairs
  }

  /// The episodes that a run has saved. Throws ``UsageError`` where they are of another world.
  private func saved(_ run: RunDirectory, _ setup: Setup) throws -> [Episode] {
    try run.episodes().map { file in
      let (episode, metadata) = try EpisodeFile.read(file.url)
      guard metadata.environment == setup.world.id else {
        throw UsageError("\(run.name) has saved episodes of \(metadata.environment); expected \(setup.world.id)")
      }
      return episode
    }
  }

  /// The ensemble whose networks disagree. Throws ``UsageError``.
  private func judge(_ name: String, in root: URL, of setup: Setup) throws -> RewardModel {
    let named = try NamedReward(name, in: setup.world.id, runs: root, option: "--reward-model")
    let states = (setup.agent as? any DiscreteLearning)?.states ?? .oneHot
    let size = setup.world.observationSize(states: states)
    if let reason = named.model.misfit(observations: size, actions: setup.world.actionSpace) {
      throw UsageError("--reward-model: \(reason) in \(setup.world.id)")
    }
    return named.model
  }

  /// The right clips' policy. Throws ``UsageError`` where it plays another world.
  private func opponent(
    _ name: String, in root: URL, of setup: Setup
  ) throws -> (name: String, learner: any Learner) {
    let run = try UsageError.of { try RunDirectory.find(name, in: root) }
    let (other, learner) = try trained(run, checkpoint)
    guard other.world.id == setup.world.id else {
      throw UsageError("\(run.name) plays \(other.world.id); expected \(setup.world.id), as the clips on the left")
    }
    return (run.name, learner)
  }

  /// Pairs are drawn until enough have a preference, or ten times as many were ties.
  private func labelByWorth(_ maker: ClipMaker) throws {
    let judge = SyntheticLabeler(
      temperature: temperature, errorRate: errorRate, tieMargin: tieMargin, keepsTies: ties == .half, seed: seed)
    var labels = try maker.folder.labels()
    var decided = labels.values.count { $0.preference != nil }
    let limit = min(10 * pairs, maker.limit ?? .max)
    for first in stride(from: 0, to: limit, by: ClipPairs.batch) where decided < pairs {
      if Interruption.isRequested { return }
      let end = min(first + ClipPairs.batch, maker.limit ?? .max)
      let new = (first..<end).filter { labels[$0] == nil }
      if new.isEmpty { continue }
      let batch = try maker.batch(of: first)
      var added: [PairLabel] = []
      for pair in new where decided < pairs {
        let place = 2 * (pair - first)
        let label = judge.label(pair, worths: Array(batch.worths[place...place + 1]))
        if label.preference != nil { decided += 1 }
        labels[pair] = label
        added.append(label)
      }
      try maker.folder.append(added)
    }
    guard decided > 0 else {
      throw UsageError(
        "all \(labels.count) pairs tie: worths never differ by more than \(tieMargin); "
          + "expected a policy that still explores, longer clips or a smaller --tie-margin")
    }
  }

  @MainActor private func labelByHand(_ maker: ClipMaker, _ setup: Setup) throws {
    guard hasUsableTerminal() else {
      throw UsageError("--labeler human needs a terminal; expected one, or --labeler synthetic")
    }
    try showLabels(
      wanted: min(pairs, maker.limit ?? .max), labels: maker.folder.labels(), title: setup.world.id,
      drawing: setup.world.drawing,
      clips: { pair in
        let batch = try maker.batch(of: pair)
        let place = 2 * (pair % ClipPairs.batch)
        return (Array(batch.clips[place...place + 1]), Array(batch.worths[place...place + 1]))
      },
      say: { try maker.folder.append([$0]) }, isInterrupted: { Interruption.isRequested })
  }

  private func report(_ folder: PreferenceFolder) throws {
    let labels = try folder.labels().values
    let decided = labels.filter { $0.preference != nil }
    let unequal = decided.filter { $0.worths.count == 2 && $0.worths[0] != $0.worths[1] && $0.preference != 0.5 }
    let wrong = unequal.count { ($0.worths[0] > $0.worths[1]) != ($0.preference! > 0.5) }
    let path = RunDirectory(folder.url).path
    var text = "\(path)  \(decided.count) pair\(decided.count == 1 ? "" : "s")"
    if labels.count > decided.count { text += ", \(labels.count - decided.count) ties or skipped" }
    if !unequal.isEmpty {
      text += "; \(rounded(100 * Double(wrong) / Double(unequal.count), 1)) % prefer the clip that is worth less"
    }
    if other != nil, !decided.isEmpty, decided.allSatisfy({ $0.worths.count == 2 }) {
      func mean(_ value: (PairLabel) -> Double) -> Double { decided.map(value).reduce(0, +) / Double(decided.count) }
      text += "; left preferred in \(rounded(100 * mean { $0.preference! }, 1)) %"
      text += ", worth \(rounded(mean { $0.worths[0] }, 1)) against \(rounded(mean { $0.worths[1] }, 1))"
    }
    if json {
      printError(text)
      try printJSON(Report(preferences: path, pairs: decided.count))
    } else {
      try printOut(text)
    }
  }

  private struct Report: Encodable {
    let preferences: String
    let pairs: Int
  }
}

extension ClipPairs.Worth: ExpressibleByArgument {}
extension ClipPairs.Pairing: ExpressibleByArgument {}
