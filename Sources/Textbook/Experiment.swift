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

  /// Measures it. Deterministic.
  public func run() throws -> Findings {
    var findings = Findings()
    try measure(&findings)
    return findings
  }
}

/// What an experiment measured.
public struct Findings: Sendable {
  /// In the order they were measured.
  public private(set) var quantities: [(name: String, value: Quantity)] = []
  /// What the book prints or says, and whether it was found so.
  public private(set) var verdicts: [(text: String, holds: Bool)] = []
  /// Grids of state values and best actions to show.
  public private(set) var figures: [Figure] = []

  public var holds: Bool { verdicts.allSatisfy(\.holds) }

  mutating func add(_ name: String, _ value: Quantity) { quantities.append((name, value)) }
  mutating func add(_ name: String, _ value: Double) { add(name, .number(value)) }
  mutating func add(_ name: String, _ values: [Double]) { add(name, .list(values.map(Quantity.number))) }
  mutating func add(_ name: String, _ sets: [[Int]]) {
    add(name, .list(sets.map { .list($0.map { .number(Double($0)) }) }))
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
}

/// A number, or nested lists of them.
public indirect enum Quantity: Sendable, Equatable, Encodable {
  case number(Double)
  case list([Quantity])

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .number(let value): try value.encode(to: encoder)
    case .list(let values): try values.encode(to: encoder)
    }
  }
}

/// Values of the cells of a grid and the best actions' directions, row by row.
public struct Figure: Sendable {
  public let title: String
  public let columns: Int
  public let values: [Double]
  /// The arrows of each cell's best actions.
  public let arrows: [String]
}
