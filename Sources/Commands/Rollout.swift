import ArgumentParser
import Foundation
import RLCore
import RunStore

struct Rollout: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play one episode step by step: given actions, random ones, or a run's policy.",
    discussion: """
      rlgym rollout --env Pendulum-v1 --seed 7 --json
      echo '[0.5]' | rlgym rollout --env Pendulum-v1 --actions - --json
      """)

  @Option(name: .customLong("env"), help: "Environment id, or a grid world's YAML file.") var environment: String?
  @Option(name: .customLong("set"), parsing: .singleValue, help: "Environment setting as env.name=value.")
  var sets: [String] = []
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Seed of the reset, as Gymnasium's.", valueName: "whole-number"))
  var seed: UInt64 = 0
  @Option(help: "State to begin in, as JSON.") var state: String?
  @Option(help: "File of actions, one JSON value a line; - for standard input.") var actions: String?
  @Option(help: "random, or a run whose policy acts.") var agent = "random"
  @Option(parsing: .unconditional, help: ArgumentHelp("Steps at the most.", valueName: "integer")) var steps: Int?
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object a step.") var json = false

  func run() throws {
    if let steps, steps < 0 { throw UsageError("--steps \(steps): expected 0 or more") }
    if agent == "random" {
      guard let environment else { throw UsageError("rollout needs --env ID; see them all with: rlgym list envs") }
      try world(environment).rollout(request())
    } else {
      try playPolicy()
    }
  }

  private func world(_ name: String) throws -> World {
    try Catalog.environment(name).world(environmentSettings(sets))
  }

  private func request() throws -> RolloutRequest {
    RolloutRequest(
      seed: seed, state: try state.map { try numbers($0, "--state") }, steps: steps,
      nextAction: try actions.map(actionReader), report: report)
  }

  /// The policy of a run, from its best checkpoint, in the run's own environment.
  private func playPolicy() throws {
    if state != nil || actions != nil || !sets.isEmpty {
      throw UsageError("--agent \(agent) acts by itself, from a reset of the world it was trained in")
    }
    let run = try UsageError.of { try RunDirectory.find(agent, in: URL(filePath: runs)) }
    let (setup, learner) = try trained(run, .best)
    if let environment, environment != setup.world.id {
      throw UsageError("\(agent) was trained in \(setup.world.id), not in \(environment)")
    }
    let episode = try learner.evaluate(episodes: 1, seed: seed, sample: false).episode
    let spaces = (setup.world.observationSpace, setup.world.actionSpace)
    try report(
      RolloutLine(t: 0, state: episode.states.row(0), observation: episode.observations.row(0), in: spaces.0))
    for t in 0..<min(episode.length, steps ?? .max) {
      var line = RolloutLine(
        t: t + 1, state: episode.states.row(t + 1), observation: episode.observations.row(t + 1), in: spaces.0)
      let ending: Ending = episode.terminations[t] ? .terminated : episode.truncations[t] ? .truncated : .running
      line.took(episode.actions.row(t), in: spaces.1, Step(reward: episode.rewards[t], ending: ending))
      try report(line)
    }
  }

  private func report(_ line: RolloutLine) throws {
    if json { return try printJSON(line) }
    var text = "t \(line.t)"
    if let action = line.action, let reward = line.reward {
      text += "  action \(action)  reward \(rounded(reward, 4))"
    }
    text += "  observation \(line.observation)"
    if line.terminated { text += "  terminated" }
    if line.truncated { text += "  truncated" }
    try printOut(text)
  }

  /// Reads a line at a time, so that a program at the other end of a pipe can see one step before it chooses the next.
  private func actionReader(_ file: String) throws -> () throws -> (numbers: [Double], place: String)? {
    var number = 0
    let next: () -> String?
    if file == "-" {
      next = { readLine() }
    } else {
      let text = try UsageError.of { try readText(URL(filePath: file)) }
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).makeIterator()
      next = { lines.next().map(String.init) }
    }
    return {
      while let line = next() {
        number += 1
        if line.allSatisfy(\.isWhitespace) { continue }
        let place = "\(file == "-" ? "standard input" : file):\(number)"
        return (try numbers(line, place), place)
      }
      return nil
    }
  }

  /// A JSON number, or list of numbers.
  private func numbers(_ json: String, _ place: String) throws -> [Double] {
    let data = Data(json.utf8)
    if let list = try? JSONDecoder().decode([Double].self, from: data) { return list }
    if let one = try? JSONDecoder().decode(Double.self, from: data) { return [one] }
    throw UsageError("\(place): '\(json)' is not an action or state; expected a JSON number or list of numbers")
  }
}
