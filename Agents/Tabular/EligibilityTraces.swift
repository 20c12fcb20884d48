import RLCore

/// How a visit raises the trace of its entry.
public enum TraceKind: String, CaseIterable, Sendable {
  /// z ← z + 1.
  case accumulating
  /// z ← 1.
  case replacing
  /// z ← 1, and 0 for the other actions there (Singh & Sutton 1996, doi:10.1007/BF00114726).
  case clearing
  /// z ← z + 1 − α z, with which the updates of true online TD(λ) are exact.
  case dutch

  static let help =
    "how a visit raises a trace; clearing: replacing, and 0 for other actions there; dutch: true online Sarsa(λ)"
}

/// Eligibility traces z over the entries of a table. Only those that have not faded are walked through.
struct EligibilityTraces: Sendable {
  /// A trace below this changes its entry by less than rounding does, nearly.
  private static let faded = 1e-12

  private let kind: TraceKind
  /// Shape `[entries]`.
  private var z: [Double]
  /// The entries whose trace is not 0, in the first `count` places. Shape `[entries]`.
  private var active: [Int]
  private var count = 0

  init(_ kind: TraceKind, entries: Int) {
    self.kind = kind
    z = .init(repeating: 0, count: entries)
    active = .init(repeating: 0, count: entries)
  }

  /// Raises the trace of a visited entry.
  @inline(__always)
  mutating func visit(_ entry: Int, alpha: Double) {
    if z[entry] == 0 {
      active[count] = entry
      count += 1
    }
    switch kind {
    case .accumulating: z[entry] += 1
    case .replacing, .clearing: z[entry] = 1
    case .dutch: z[entry] += 1 - alpha * z[entry]
    }
  }

  /// Raises the traces of the features x in the block of entries that begins at `start`. In place of 1 stands the
  /// feature, `times` as much where traces add up, and the correction of a dutch trace is 1 − α zᵀx, where `rates` are
  /// factors of α as of a ``FeatureMap``.
  @inline(__always)
  mutating func visit(
    _ x: ActiveFeatures, from start: Int = 0, alpha: Double, rates: [Double] = [], times: Double = 1
  ) {
    var raise = times
    if kind == .dutch {
      for i in 0..<x.count {
        let (index, value) = x[i]
        raise -= alpha * (rates.isEmpty ? 1 : rates[index]) * z[start &+ index] * value
      }
    }
    for i in 0..<x.count {
      let entry = start &+ x[i].index
      if z[entry] == 0 {
        active[count] = entry
        count &+= 1
      }
      switch kind {
      case .accumulating, .dutch: z[entry] += raise * x[i].value
      case .replacing, .clearing: z[entry] = x[i].value
      }
    }
  }

  /// Sets the trace of an entry to 0.
  @inline(__always)
  mutating func drop(_ entry: Int) { z[entry] = 0 }

  /// Sets the traces of the features x in a block to 0.
  @inline(__always)
  mutating func drop(_ x: ActiveFeatures, from start: Int) {
    for i in 0..<x.count { z[start &+ x[i].index] = 0 }
  }

  /// w ← w + amount · rates · z, `rates` repeating in each block of as many entries.
  @inline(__always)
  func add(_ amount: Double, to table: inout [Double], rates: [Double] = []) {
    if rates.isEmpty {
      for i in 0..<count { table[active[i]] += amount * z[active[i]] }
    } else {
      for i in 0..<count { table[active[i]] += amount * rates[active[i] % rates.count] * z[active[i]] }
    }
  }

  /// z ← factor · z.
  @inline(__always)
  mutating func fade(by factor: Double) {
    var kept = 0
    for i in 0..<count {
      let entry = active[i]
      z[entry] *= factor
      if abs(z[entry]) < Self.faded {
        z[entry] = 0
      } else {
        active[kept] = entry
        kept += 1
      }
    }
    count = kept
  }

  /// z ← 0.
  @inline(__always)
  mutating func clear() {
    for i in 0..<count { z[active[i]] = 0 }
    count = 0
  }

  func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("traces", z) }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    z = try checkpoint.doubles("traces", count: z.count)
    count = 0
    for entry in z.indices where z[entry] != 0 {
      active[count] = entry
      count += 1
    }
  }
}
