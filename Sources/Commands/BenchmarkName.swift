import Agents
import Environments
import Foundation
import Networks
import RLCore
import RunStore
import Trainer

/// A benchmark's name, taken apart and checked.
enum BenchmarkName {
  case step(World, lanes: Int)
  case update(Update)
  case onPolicy(String, any AgentSettings, World)
  case tabular(AgentEntry, World)
  case sweep(rows: Int, columns: Int)
  case solve(rows: Int, columns: Int)
  case train(Setup)

  /// Rounds whose median is reported.
  private static let rounds = 5

  init(_ text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let usage = UsageError("there is no benchmark '\(text)'; expected a name as in: rlgym benchmark --help")
    func size(_ text: String) throws -> (rows: Int, columns: Int) {
      let sizes = text.split(separator: "x").map { Int($0) ?? 0 }
      guard sizes.count == 2, sizes.allSatisfy({ (1...4000).contains($0) }) else { throw usage }
      return (sizes[0], sizes[1])
    }
    switch (parts.first, parts.count) {
    case ("step", 3):
      guard let lanes = Int(parts[2]), (1...1_000_000).contains(lanes) else { throw usage }
      self = .step(try Catalog.environment(parts[1]).world([]), lanes: lanes)
    case ("update", 4):
      func sized<Settings: AgentSettings>(_ settings: Settings) throws -> Settings {
        var settings = settings
        let layers = parts[2].split(separator: "x").map { SettingValue.integer(Int($0) ?? 0) }
        try UsageError.of("\(text): ") {
          try settings.set("hidden", to: .list(layers))
          try settings.set("batch", to: .integer(Int(parts[3]) ?? 0))
        }
        return settings
      }
      switch parts[1] {
      case "ddpg": self = .update(try Update(text, sized(DDPG.Configuration())))
      case "td3": self = .update(try Update(text, sized(TD3.Configuration())))
      case "sac": self = .update(try Update(text, sized(SAC.Configuration())))
      case "dpo": self = .update(try Update(text, sized(DPOConfiguration())))
      case "dqn": self = .update(try Update(text, sized(DQN.Configuration())))
      default: throw usage
      }
    case ("on-policy", 2):
      let settings: any AgentSettings
      switch parts[1] {
      case "ppo": settings = Self.zooPPO
      case "a2c": settings = A2CConfiguration()
      default: throw usage
      }
      self = .onPolicy(text, settings, try Catalog.environment("CartPole-v1").world([]))
    case ("tabular", 3):
      self = .tabular(try Catalog.agent(parts[1]), try Catalog.environment(parts[2]).world([]))
    case ("sweep", 3):
      guard parts[1] == "value-iteration" else { throw usage }
      let (rows, columns) = try size(parts[2])
      self = .sweep(rows: rows, columns: columns)
    case ("solve", 2):
      let (rows, columns) = try size(parts[1])
      self = .solve(rows: rows, columns: columns)
    case ("train", 3):
      self = .train(try Setup(agent: parts[1], environment: parts[2]))
    default: throw usage
    }
  }

  func measure() throws -> Measurement {
    switch self {
    case .step(let world, let lanes): Self.measureSteps(world, lanes: lanes)
    case .update(let update): try Self.measureUpdates(update)
    case .onPolicy(let name, let settings, let world): try Self.measureSteps(name, settings, world)
    case .tabular(let entry, let world): try Self.measureTabular(entry, world)
    case .sweep(let rows, let columns): try Self.measureSweeps(rows, columns)
    case .solve(let rows, let columns): try Self.measureSolution(rows, columns)
    case .train(let setup): try Self.measureTraining(setup)
    }
  }

  /// With one lane, the bare loop of one world; with more, a batch. Sampling of actions and restarts included.
  private static func measureSteps(_ world: World, lanes: Int) -> Measurement {
    let take = lanes == 1 ? world.randomSteps : world.batchedSteps(lanes)
    let count = max(1, 2_000_000 / lanes)
    take(count / 100)
    let rates = (0..<2 * rounds).map { _ in
      let start = threadSeconds()
      take(count)
      return Double(count * lanes) / (threadSeconds() - start)
    }
    return Measurement(name: "step:\(world.id):\(lanes)", value: SeedStatistics.median(rates), unit: "steps/s")
  }

  /// Updates and the products alone take turns, so that a slow moment of the machine meets both.
  private static func measureUpdates(_ update: Update) throws -> Measurement {
    let products = update.products
    var operands = ProductOperands(products)
    var learner = try update.world.learner(update.settings, nil, 0)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: update.warmup, into: &meter)
    let flops = products.map(\.flops).reduce(0, +) / update.period
    let periods = max(20, min(5000, 20_000_000_000 / max(flops, 1))) / update.period
    let count = periods * update.period
    try learner.advance(by: count / 4, into: &meter)
    var rates: [Double] = []
    var shares: [Double] = []
    for _ in 0..<2 * rounds {
      let start = threadSeconds()
      try learner.advance(by: count, into: &meter)
      let middle = threadSeconds()
      for _ in 0..<periods { operands.run(products) }
      let end = threadSeconds()
      rates.append(Double(count) / (middle - start))
      shares.append((end - middle) / (middle - start))
    }
    return Measurement(
      name: update.name, value: SeedStatistics.median(rates), unit: "updates/s",
      gemmShare: SeedStatistics.median(shares))
  }

  /// rl-zoo's settings for CartPole, without their decay.
  private static var zooPPO: PPOConfiguration {
    var settings = PPOConfiguration()
    (settings.lanes, settings.horizon, settings.batch, settings.epochs) = (8, 32, 256, 20)
    (settings.learningRate, settings.discount, settings.lambda) = (1e-3, 0.98, 0.8)
    return settings
  }

  /// Of an agent, rollouts and updates included.
  private static func measureSteps(_ name: String, _ settings: any AgentSettings, _ world: World) throws -> Measurement
  {
    var learner = try world.learner(settings, nil, 0)
    var meter = Meter(tags: learner.metricTags)
    let count = 40_960
    try learner.advance(by: count, into: &meter)
    let rates = try (0..<rounds).map { _ in
      let start = threadSeconds()
      try learner.advance(by: count, into: &meter)
      return Double(count) / (threadSeconds() - start)
    }
    return Measurement(name: name, value: SeedStatistics.median(rates), unit: "steps/s")
  }

  private static func measureTabular(_ entry: AgentEntry, _ world: World) throws -> Measurement {
    var learner = try world.learner(entry.configure([]), nil, 0)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 1_000_000, into: &meter)
    let rates = try (0..<rounds).map { _ in
      let start = threadSeconds()
      try learner.advance(by: 50_000_000, into: &meter)
      return 50_000_000 / (threadSeconds() - start)
    }
    return Measurement(name: "tabular:\(entry.id):\(world.id)", value: SeedStatistics.median(rates), unit: "steps/s")
  }

  /// −1 a step, an absorbing corner, 0.1 to each side (the grid of the peers' figures).
  private static func slipGrid(_ rows: Int, _ columns: Int) throws -> TransitionTable {
    var map = [String](repeating: String(repeating: ".", count: columns), count: rows)
    map[rows - 1].removeLast()
    map[rows - 1].append("T")
    var world = try GridWorld(map: map)
    world.step = -1
    world.target = -1
    world.slip = 0.1
    world.discount = 0.99
    return try TransitionTable(world)
  }

  private static func measureSweeps(_ rows: Int, _ columns: Int) throws -> Measurement {
    let table = try slipGrid(rows, columns)
    var solver = ValueIteration(.init(), for: table)
    var meter = Meter(tags: ValueIteration.metricTags)
    let sweeps = max(1, 20_000_000 / table.states)
    let rates = try (0..<rounds).map { _ in
      let start = threadSeconds()
      for _ in 0..<sweeps { try solver.sweep(into: &meter) }
      return Double(sweeps * table.states) / (threadSeconds() - start)
    }
    return Measurement(
      name: "sweep:value-iteration:\(rows)x\(columns)", value: SeedStatistics.median(rates), unit: "state backups/s")
  }

  /// From the transition table to values whose residual is 1e-6 at most, the solver's own preparation included.
  private static func measureSolution(_ rows: Int, _ columns: Int) throws -> Measurement {
    let table = try slipGrid(rows, columns)
    var configuration = ValueIteration.Configuration()
    configuration.sweep = .asynchronous
    // The bound that such a residual gives.
    configuration.tolerance = 1e-6 / (1 - table.discount)
    let seconds = try (0..<rounds).map { _ in
      let start = threadSeconds()
      var solver = ValueIteration(configuration, for: table)
      var meter = Meter(tags: ValueIteration.metricTags)
      while !solver.isConverged { try solver.sweep(into: &meter) }
      return threadSeconds() - start
    }
    return Measurement(name: "solve:\(rows)x\(columns)", value: SeedStatistics.median(seconds), unit: "s")
  }

  private static func measureTraining(_ setup: Setup) throws -> Measurement {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rlgym-benchmark-\(getpid())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let seconds = try (0..<rounds).map { round in
      let seed = UInt64(round)
      let run = try RunDirectory.create(
        in: folder, environment: setup.world.id, agent: setup.agent.id, seed: seed, name: nil, at: Date())
      let start = ContinuousClock.now
      var trainer = try Trainer(settings: setup.training, in: run, as: setup.metadata(seed: seed)) {
        try setup.learner(seed: seed, with: $0)
      }
      _ = try trainer.train(until: { Interruption.isRequested })
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return Measurement(
      name: "train:\(setup.agent.id):\(setup.world.id)", value: SeedStatistics.median(seconds), unit: "s")
  }
}

/// What an `update` benchmark runs: an agent that makes one update a tick of its clock after its warm-up.
struct Update {
  let name: String
  let settings: any AgentSettings
  let world: World
  let warmup: Int
  /// The library products of ``period`` updates.
  let products: [GEMM]
  /// Updates that differ from one another before they repeat.
  let period: Int

  init(_ name: String, _ settings: DDPG.Configuration) throws {
    try self.init(name, settings) { DDPG(settings, observations: $0, actions: $1, seed: 0).updateProducts }
  }

  init(_ name: String, _ settings: TD3.Configuration) throws {
    try self.init(name, settings, period: settings.delay) {
      TD3(settings, observations: $0, actions: $1, seed: 0).updateProducts
    }
  }

  init(_ name: String, _ settings: SAC.Configuration) throws {
    try self.init(name, settings) { SAC(settings, observations: $0, actions: $1, seed: 0).updateProducts }
  }

  /// One for continuous actions.
  private init(
    _ name: String, _ settings: some OffPolicyActorSettings, period: Int = 1, products: (Space, Space) -> [GEMM]
  ) throws {
    self.name = name
    self.settings = settings
    self.period = period
    world = try Catalog.environment("Pendulum-v1").world([])
    warmup = settings.warmup
    self.products = products(world.observationSpace, world.actionSpace)
  }

  /// As in the paper: without the parts that came later.
  init(_ name: String, _ settings: DQN.Configuration) throws {
    self.name = name
    var settings = settings
    settings.double = false
    self.settings = settings
    period = 1
    world = try Catalog.environment("CartPole-v1").world([])
    warmup = settings.warmup
    products = DQN(settings, observations: world.observationSpace, actions: world.actionSpace, seed: 0).updateProducts
  }

  /// On 2,000 pairs of clips of 50 steps: 2,000 pairs by those of an update are an epoch.
  init(_ name: String, _ settings: DPOConfiguration) throws {
    self.name = name
    var settings = settings
    settings.data = Self.pairs(2000, length: 50)
    self.settings = settings
    period = 1
    world = try Catalog.environment("CartPole-v1").world([])
    warmup = 1
    products = DPO(settings, Categorical(actions: 2), observationSize: 4, seed: 0).updateProducts(length: 50)
  }

  /// Clips as CartPole's are in shape, of random numbers.
  private static func pairs(_ count: Int, length: Int) -> Preferences {
    var random = RandomStream(seed: 0)
    let clips = (0..<2 * count).map { _ in
      Episode(
        observations: Tensor(
          shape: [length + 1, 4], values: .float32((0..<4 * (length + 1)).map { _ in Float(random.normal()) })),
        actions: Tensor(
          shape: [length], values: .int64((0..<length).map { _ in Int64(random.integer(below: 2)) })),
        rewards: .init(repeating: 1, count: length), terminations: .init(repeating: false, count: length),
        truncations: .init(repeating: false, count: length),
        states: Tensor(shape: [length + 1, 4], values: .float64(.init(repeating: 0, count: 4 * (length + 1)))), seed: 0)
    }
    return Preferences(
      environment: "CartPole-v1", clips: clips,
      pairs: (0..<count).map { .init(left: 2 * $0, right: 2 * $0 + 1, preference: $0 % 2 == 0 ? 1 : 0) })
  }
}

/// Operands of the right sizes for a list of products.
private struct ProductOperands {
  private var a: [Float]
  private var b: [Float]
  private var c: [Float]

  init(_ products: [GEMM]) {
    var random = RandomStream(seed: 0)
    func numbers(_ sizes: [Int]) -> [Float] {
      (0..<(sizes.max() ?? 0)).map { _ in Float(random.uniform(-1, 1)) }
    }
    a = numbers(products.map { $0.rows * $0.inner })
    b = numbers(products.map { $0.inner * $0.columns })
    c = numbers(products.map { $0.rows * $0.columns })
  }

  mutating func run(_ products: [GEMM]) {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          for product in products { product.set(a.baseAddress!, b.baseAddress!, c.baseAddress!) }
        }
      }
    }
  }
}
