import RLCore

/// One figure, table or example of a book, measured again: what the book says, how it is measured, and whether it holds.
public struct Experiment: Sendable {
  /// As the reference catalogue names it: `sb-3.8-gridworld-optimal`.
  public let id: String
  public let title: String
  /// Book, section, figure or example.
  public let source: String
  /// What the book says, in words.
  public let claim: String
  /// Where the book contradicts its own settings; else empty.
  public let remark: String
  let measure: @Sendable (inout Findings) throws -> Void

  init(
    _ id: String, _ title: String, source: String, claim: String, remark: String = "",
    measure: @escaping @Sendable (inout Findings) throws -> Void
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.claim = claim
    self.remark = remark
    self.measure = measure
  }

  /// Measures it. The same seed and changes give the same findings, on any number of threads.
  ///
  /// Throws ``RLCore/CoreError/unknownSetting`` and ``RLCore/CoreError/badSetting`` for a change that does not fit, and
  /// `CancellationError` where `trial.progress` says so.
  public func run(_ trial: Trial = Trial()) throws -> Findings {
    var findings = Findings(trial)
    try measure(&findings)
    try findings.checkChanges()
    return findings
  }
}

/// How an experiment is run: what a reader changes, and who is told how far it has come.
public struct Trial: Sendable {
  /// `env.name` for a setting of its world, `runs` for the number of independent runs, else a setting of its methods.
  public var changes: [(name: String, value: SettingValue)] = []
  public var seed: UInt64 = 0
  public var threads = 1
  /// Told after each run how many of how many are done; `false` ends it.
  public var progress: (@Sendable (_ done: Int, _ of: Int) -> Bool)?

  public init() {}
}

/// What an experiment measured.
public struct Findings: Sendable {
  /// In the order they were measured.
  public private(set) var quantities: [(name: String, value: Quantity)] = []
  /// What the book prints or says, and whether it was found so.
  public private(set) var verdicts: [(text: String, holds: Bool)] = []
  /// Grids of state values and best actions to show.
  public private(set) var figures: [Figure] = []
  /// Curves to show.
  public private(set) var charts: [Chart] = []

  let trial: Trial
  /// The names of what can be changed, as far as it was asked for.
  private var changeable: Set<String> = []

  init(_ trial: Trial) { self.trial = trial }

  public var holds: Bool { verdicts.allSatisfy(\.holds) }

  mutating func add(_ name: String, _ value: Quantity) { quantities.append((name, value)) }
  mutating func add(_ name: String, _ value: Double) { add(name, .number(value)) }
  mutating func add(_ name: String, _ values: [Double]) { add(name, .list(values.map(Quantity.number))) }
  mutating func add(_ name: String, _ sets: [[Int]]) {
    add(name, .list(sets.map { .list($0.map { .number(Double($0)) }) }))
  }

  /// The mean of a figure over independent runs. Returns it.
  @discardableResult
  mutating func add<Run>(_ name: String, _ runs: [Run], _ figure: (Run) -> Double) -> Double {
    let values = runs.map(figure)
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    add(name, .mean(mean, deviation: deviation, runs: values.count))
    return mean
  }

  mutating func expect(_ text: String, _ holds: Bool) { verdicts.append((text, holds)) }

  /// Compares with what a book prints, to half a unit of its last decimal.
  mutating func expect(_ what: String, _ measured: [Double], printed: [Double], decimals: Int = 1) {
    var unit = 1.0
    for _ in 0..<decimals { unit /= 10 }
    let gap = zip(measured, printed).map { abs($0 - $1) }.max() ?? 0
    expect("\(what) as printed", measured.count == printed.count && gap <= unit / 2 + 1e-9)
  }

  mutating func show(_ figure: Figure) { figures.append(figure) }
  mutating func show(_ chart: Chart) { charts.append(chart) }

  /// A world with the experiment's changes to it and then the reader's.
  mutating func varied<World: Configurable>(
    env world: World, _ change: (inout World) -> Void = { _ in }
  ) throws -> World { try varied(world, change, prefix: "env.") }

  /// A method's settings with the experiment's changes to them and then the reader's.
  mutating func varied<Method: Configurable>(
    _ method: Method, _ change: (inout Method) -> Void = { _ in }
  ) throws -> Method { try varied(method, change, prefix: "") }

  private mutating func varied<Root: Configurable>(
    _ root: Root, _ change: (inout Root) -> Void, prefix: String
  ) throws -> Root {
    let names = Set(Root.settings.map { prefix + $0.name })
    changeable.formUnion(names)
    var root = root
    change(&root)
    for change in trial.changes where names.contains(change.name) {
      try root.set(String(change.name.dropFirst(prefix.count)), to: change.value)
    }
    return root
  }

  /// The number of independent runs, which a reader may change.
  mutating func runs(of standard: Int) throws -> Int {
    changeable.insert("runs")
    guard let change = trial.changes.last(where: { $0.name == "runs" }) else { return standard }
    guard case .integer(let count) = change.value, count > 0 else {
      throw CoreError.badSetting(name: "runs", value: change.value.description, expected: "an integer of 1 or more")
    }
    return count
  }

  fileprivate func checkChanges() throws {
    for change in trial.changes where !changeable.contains(change.name) {
      let near = nearestNames(to: change.name, in: changeable.sorted())
      throw CoreError.unknownSetting(name: change.name, nearest: near.isEmpty ? changeable.sorted() : near)
    }
  }
}

/// A number, the mean of independent runs, or nested lists of them.
public indirect enum Quantity: Sendable, Equatable, Encodable {
  case number(Double)
  case mean(Double, deviation: Double, runs: Int)
  case list([Quantity])

  private struct Mean: Encodable {
    let mean: Double
    let n: Int
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .number(let value): try value.encode(to: encoder)
    case .mean(let value, _, let runs): try Mean(mean: value, n: runs).encode(to: encoder)
    case .list(let values): try values.encode(to: encoder)
    }
  }
}
