import Agents
import Environments
import Foundation
import RLCore

/// Zhao, chapter 8: action values as functions, linear ones and a network's.
extension Textbook {
  static let zhaoFunctions: [Experiment] = [linearControlOnTheGrid, deepQLearning]

  // MARK: Linear values

  /// cos π(c₁x + c₂y + c₃a) for all c of 0 to 5, over the columns, the rows and the actions, each from 0 to 1.
  private static func jointWaves(_ world: GridWorld) -> StateFeatures {
    let basis = Basis.fourier(FourierBasis(order: 5, dimensions: 3))
    let (rows, columns, actions) = (world.stateCount / world.columns, world.columns, world.actionCount)
    func part(_ i: Int, of count: Int) -> Double { Double(i) / Double(count - 1) }
    let pairs = (0..<world.stateCount).flatMap { s in
      (0..<actions).map { a in
        basis.features(of: [part(s % columns, of: columns), part(s / columns, of: rows), part(a, of: actions)])
      }
    }
    return StateFeatures(rows: pairs, jointActions: actions)
  }

  private static let linearControlOnTheGrid = Experiment(
    "zhao-8.9-sarsa-q-fourier5", "Sarsa and Q-learning with waves over states and actions",
    source: "Zhao, section 8.4, figures 8.9 and 8.10",
    claim: "With Fourier features of order 5 both come to short paths within 500 episodes.",
    remark: "The book does not say how the features cover the actions: 216 waves over column, row and action learn as "
      + "its figures do. Values that start from 0 are optimistic here, so that Q-learning explores for long."
  ) { findings in
    let process = try findings.varied(env: GridWorld(bundled: "Zhao-5x5")) {
      ($0.boundary, $0.forbidden, $0.continuing) = (-10, -10, false)
    }
    let simulator = try Simulator(process)
    let world = TimeLimit(simulator, limit: 20_000)
    let features = jointWaves(process)
    var curves: [Chart.Curve] = []
    func learn<Method: LinearControlSettings, Rule: Agent<Int, Int>>(
      _ name: String, _ method: Method, _ agent: @Sendable (Method, UInt64) -> Rule
    ) throws {
      let method = try findings.varied(method) { ($0.alpha, $0.epsilon) = (0.001, 0.1) }
      let runs = try findings.runs(20) { seed in
        var play = Play(agent(method, seed), in: world, seed: seed)
        let played = play.episodes(500)
        let (q, start) = (play.agent.solution!.q, process.starts[0])
        let path = simulator.table.greedyPath(q, from: start, limit: 25)
        let clean = simulator.table.greedyPath(q, from: start, limit: 25) { reward, _ in reward == -10 }
        return (played: played, reaches: path != nil, isClean: clean != nil)
      }
      let early = findings.add(name + "_return_1_50", runs) { mean($0.played[..<50], \.sum) }
      let late = findings.add(name + "_return_451_500", runs) { mean($0.played[450...], \.sum) }
      let long = findings.add(name + "_length_1_50", runs) { mean($0.played[..<50]) { Double($0.length) } }
      let short = findings.add(name + "_median_length_451_500", runs) {
        SeedStatistics.median($0.played[450...].map { Double($0.length) })
      }
      findings.add(name + "_greedy_reaches_target_fraction", runs) { $0.reaches ? 1 : 0 }
      findings.add(name + "_greedy_forbidden_free_fraction", runs) { $0.isClean ? 1 : 0 }
      let points = stride(from: 0, to: 500, by: 10).map { first in
        Drawing.Point(Double(first + 5), mean(runs) { mean($0.played[first..<first + 10]) { Double($0.length) } })
      }
      curves.append(Chart.Curve(name.replacing("_", with: " "), points))
      findings.expect(
        "\(curves.last!.name): less than half as long in the end, and more reward", short < 0.5 * long && late > early)
    }
    try learn("sarsa", LinearSarsaConfiguration()) { LinearSarsa($0, features, in: world, seed: $1) }
    try learn("q_learning", LinearQLearningConfiguration()) { LinearQLearning($0, features, in: world, seed: $1) }
    findings.show(Chart("length of an episode, mean of all runs", x: "episodes", y: "steps", curves))
  }

  // MARK: A network's values

  /// What DQN made of one data set.
  private struct Fit: Sendable {
    /// Against the optimal values after each of `iterations`.
    var errors: [Double]
    /// (y − Q)² in the mean over the last 100 iterations.
    var loss: Double
    /// Share of the states whose greedy action is optimal.
    var optimal: Double
    /// Pairs that the data does not have.
    var unseen: Int
  }

  private static let iterations = [2500, 5000, 10_000]

  /// DQN that is fed one endless episode of the uniform policy over and over, its buffer being as large: an iteration for
  /// each step it is fed.
  private static func fit(
    _ settings: DQN.Configuration, to optimum: Optimum, in world: EncodedStates<Simulator>, seed: UInt64
  ) -> Fit {
    var (world, random) = (world, RandomStream(SeedSequence(seed).spawn(1)))
    var observation = world.emptyObservation()
    world.reset(seed: seed, into: &observation)
    var states: [Int] = [Int(world.state[0])]
    var observations = [observation]
    var (actions, rewards): ([Int], [Double]) = ([], [])
    for _ in 0..<settings.capacity {
      actions.append(random.integer(below: optimum.solution.actions))
      rewards.append(world.step(actions.last!, into: &observation).reward)
      states.append(Int(world.state[0]))
      observations.append(observation)
    }
    let seen = Set(zip(states, actions).map { $0 * optimum.solution.actions + $1 })

    var agent = DQN(settings, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
    var meter = Meter(tags: DQN.metricTags)
    /// Feeds steps `range`, counted from the first on; the buffer is full before the first iteration.
    func feed(_ range: Range<Int>) {
      for i in range {
        let t = i % settings.capacity
        agent.learn(observations[t], actions[t], rewards[t], observations[t + 1], .running, into: &meter)
      }
    }
    func values(_ s: Int) -> [Double] {
      var place = world
      // A state's own number is always a state.
      try? place.restore(state: [Double(s)], into: &observation)
      return agent.values(of: observation).map(Double.init)
    }
    var fit = Fit(errors: [], loss: 0, optimal: 0, unseen: optimum.solution.q.count - seen.count)
    var fed = 0
    for (count, isLast) in zip(iterations, [false, false, true]) {
      let end = settings.capacity + count
      feed(fed..<end - 100)
      _ = meter.drain()
      feed(end - 100..<end)
      fed = end
      let q = optimum.v.indices.map(values)
      fit.errors.append(rms(q.map { $0.max()! }, optimum.v))
      guard isLast else { continue }
      fit.loss = 2 * (meter.drain().first { $0.tag == "train/loss" }?.value ?? .nan)
      let chosen = q.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
      fit.optimal = mean(zip(chosen, optimum.actions).map { $1.contains($0) ? 1 : 0 })
    }
    return fit
  }

  private static let deepQLearning = Experiment(
    "zhao-8.11-dqn-off-policy", "DQN from one episode of a policy that only explores",
    source: "Zhao, section 8.5, figures 8.11 and 8.12",
    claim: "From 1000 steps of the uniform policy it finds the optimal values; from 100 the loss goes to 0 too, but "
      + "the values stay far from them.",
    remark: "The book states neither optimiser nor activation: here Adam and tanh. Where the 1000 steps miss a pair, "
      + "its value is a guess, and so is all that is bootstrapped from it."
  ) { findings in
    let process = try findings.varied(env: GridWorld(bundled: "Zhao-5x5")) { $0.boundary = -10 }
    let optimum = try Optimum(of: process)
    let world = EncodedStates(try Simulator(process), as: .coordinates)
    var curves: [Chart.Curve] = []
    var lates: [Double] = []
    for (name, steps, batch, readsActions) in [
      ("1000steps", 1000, 100, true), ("100steps", 100, 50, true), ("1000steps_5outputs", 1000, 100, false),
    ] {
      let settings = try findings.varied(DQN.Configuration()) {
        ($0.hidden, $0.activation, $0.actionInput, $0.batch) = ([100], .tanh, readsActions, batch)
        // Cells that lie side by side have values far apart.
        $0.inputGain = 8
        ($0.double, $0.huber, $0.maxGradientNorm, $0.discount) = (false, 0, 0, process.discount)
        ($0.targetEvery, $0.tau, $0.capacity, $0.warmup) = (50, 1, steps, steps)
        // From 0.01 after the steps that fill the buffer to 0.0005 after 10,000 more.
        let slope = (0.01 - 0.0005) / 10_000
        $0.learningRate = .linear(from: 0.01 + slope * Double(steps), to: 0.0005, over: steps + 10_000)
      }
      let runs = try findings.runs(20) { seed in fit(settings, to: optimum, in: world, seed: seed) }
      let means = iterations.enumerated().map { i, count in
        findings.add("rmse_\(name)_it\(count)", runs) { $0.errors[i] }
      }
      findings.add("final_loss_\(name)", runs, \.loss)
      findings.add("greedy_optimal_state_fraction_\(name)", runs, \.optimal)
      findings.add("unvisited_pairs_\(name)", runs) { Double($0.unseen) }
      if steps == 1000 {
        let covered = runs.filter { $0.unseen == 0 }.map { $0.errors[2] }
        findings.add("rmse_\(name)_full_coverage_median", SeedStatistics.median(covered))
        findings.add("rmse_\(name)_full_coverage_max", covered.max()!)
        findings.expect("\(name): exact where all pairs are seen", SeedStatistics.median(covered) < 0.05)
      }
      lates.append(means[2])
      curves.append(Chart.Curve(name, zip(iterations, means).map { Drawing.Point(Double($0), $1) }))
      findings.expect("\(name): the loss goes to 0", mean(runs, \.loss) < 0.1)
    }
    findings.show(Chart("RMS error of the values, mean of all runs", x: "iterations", y: "error", curves))
    findings.expect("a hundred steps are not enough", lates[1] > 1 && lates[0] < 0.25 * lates[1])
  }
}
