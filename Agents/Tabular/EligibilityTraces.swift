import RLCore

/// How a visit raises the trace of its entry.
public enum TraceKind: String, CaseIterable, Sendable {
  /// z ← z + 1.
  case accumulating
  /// z ← 1.
  case replacing
  /// z ← z + 1 − α z, with which the updates of true online TD(λ) are exact.
  case dutch
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
    case .replacing: z[entry] = 1
    case .dutch: z[entry] += 1 - alpha * z[entry]
    }
  }

  /// w ← w + amount · z.
  @inline(__always)
  func add(_ amount: Double, to table: inout [Double]) {
    for i in 0..<count { table[active[i]] += amount * z[active[i]] }
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
