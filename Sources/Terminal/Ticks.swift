import Foundation

/// Round numbers along an axis, 1, 2 or 5 times a power of ten apart.
struct Ticks: Equatable {
  let values: [Double]
  let labels: [String]

  /// About `count` ticks within `range`; none when the range is not finite.
  init(_ range: ClosedRange<Double>, count: Int) {
    let span = range.upperBound - range.lowerBound
    guard span.isFinite, span > 0, count > 0 else {
      values = []
      labels = []
      return
    }
    let step = Self.step(for: span / Double(count))
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    guard step > 0, first <= last, last - first <= 1000 else {
      values = []
      labels = []
      return
    }
    values = (0...Int(last - first)).map { (first + Double($0)) * step }
    labels = Self.labels(for: values, step: step)
  }

  /// Powers of ten along an axis of their logarithms; numbers between them where it holds less than two.
  init(logarithms range: ClosedRange<Double>, count: Int) {
    let first = range.lowerBound.rounded(.up)
    let last = range.upperBound.rounded(.down)
    guard range.lowerBound.isFinite, range.upperBound.isFinite, count > 0, last - first >= 1, last - first < 1000 else {
      values = Ticks(range, count: count).values
      labels = values.map { Format.number(pow(10, $0)) }
      return
    }
    let step = ((last - first + 1) / Double(count)).rounded(.up)
    values = Array(stride(from: (last / step).rounded(.down) * step, through: first, by: -step).reversed())
    labels = values.map { value in
      (-4...4).contains(value) ? Format.fixed(pow(10, value), max(0, Int(-value))) : "1e\(Int(value))"
    }
  }

  /// The least of 1, 2, 5 × 10ⁿ that is not below `size`.
  static func step(for size: Double) -> Double {
    let unit = pow(10, floor(log10(size)))
    guard unit > 0, unit.isFinite else { return 0 }
    for factor in [1.0, 2, 5] where factor * unit >= size * (1 - 1e-9) { return factor * unit }
    return 10 * unit
  }

  /// All with the same unit and decimals.
  private static func labels(for values: [Double], step: Double) -> [String] {
    let size = values.map(\.magnitude).max() ?? 0
    if step < 1e-4 || size >= 1e12 { return values.map { $0 == 0 ? "0" : Format.scientific($0, decimals: 1) } }
    let (unit, name) = [(1e9, "G"), (1e6, "M"), (1e3, "k")].first { size >= $0.0 * 10 || step >= $0.0 } ?? (1, "")
    let decimals = max(0, Int((-log10(step / unit) + 0.999).rounded(.down)))
    return values.map { $0 == 0 ? "0" : Format.fixed($0 / unit, min(decimals, 6)) + name }
  }
}
