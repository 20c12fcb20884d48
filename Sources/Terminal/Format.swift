import Foundation

/// Numbers as people read them. Written by hand: these run many times a second and must not depend on the locale.
enum Format {
  /// `12345678` → `12,345,678`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// With a fixed number of decimals (0…9) and thousands separators.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value > 0 ? "inf" : "-inf" }
    let scale = pow(10, Double(decimals))
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e15 else { return scientific(value) }
    let number = Int(scaled)
    let sign = value < 0 && number > 0 ? "-" : ""
    if decimals == 0 { return sign + grouped(number) }
    let fraction = String(number % Int(scale))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return sign + grouped(number / Int(scale)) + "." + zeros + fraction
  }

  /// About four significant digits: `-312.4`, `1,234.5`, `0.0123`, `4.6e-07`, `nan`.
  static func number(_ value: Double) -> String {
    let size = value.magnitude
    switch size {
    case 0: return "0"
    case 1e6...: return scientific(value)
    case 99.95...: return fixed(value, 1)
    case 9.995...: return fixed(value, 2)
    case 0.1...: return fixed(value, 3)
    case 0.001...: return fixed(value, 4)
    default: return scientific(value)
    }
  }

  /// `4.6e-07`; two decimals where `long`.
  static func scientific(_ value: Double, decimals: Int = 2) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : fixed(value, 0) }
    var exponent = Int(floor(log10(value.magnitude)))
    // In two steps: 10^324 is not a number.
    var mantissa = value / pow(10, Double(exponent / 2)) / pow(10, Double(exponent - exponent / 2))
    if (mantissa.magnitude * pow(10, Double(decimals))).rounded() >= pow(10, Double(decimals + 1)) {
      mantissa /= 10
      exponent += 1
    }
    let digits = String(exponent.magnitude)
    return fixed(mantissa, decimals) + (exponent < 0 ? "e-" : "e+") + (digits.count < 2 ? "0" : "") + digits
  }

  /// `950`, `29.3k`, `1.25M`, `147M`: at most five characters, for counts.
  static func compact(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, 0) }
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value.magnitude >= unit * 0.9995 {
      let scaled = value / unit
      return fixed(scaled, scaled.magnitude >= 99.95 ? 0 : scaled.magnitude >= 9.995 ? 1 : 2) + name
    }
    return fixed(value, value == value.rounded() || value.magnitude >= 99.95 ? 0 : 1)
  }

  /// Seconds as `0:07`, `12:34`, `1:02:03`, `3d 04h`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e10 else { return "-:--" }
    let total = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    switch total {
    case ..<3600: return "\(total / 60):\(two(total % 60))"
    case ..<86400: return "\(total / 3600):\(two(total / 60 % 60)):\(two(total % 60))"
    default: return "\(total / 86400)d \(two(total / 3600 % 24))h"
    }
  }

  /// `mean ± spread` with the same decimals in both.
  static func spread(_ mean: Double, _ deviation: Double) -> String {
    let size = max(mean.magnitude, deviation.magnitude)
    guard mean.isFinite, deviation.isFinite, size < 1e6 else { return "\(number(mean)) ± \(number(deviation))" }
    let decimals = size >= 99.95 ? 1 : size >= 9.995 ? 2 : 3
    return "\(fixed(mean, decimals)) ± \(fixed(deviation, decimals))"
  }

  /// `value` in a field of `width`, at its right; longer texts stay whole.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
