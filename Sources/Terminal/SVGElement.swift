import RLCore

/// One shape of an SVG with its numbers; frames of the same shape differ in numbers only.
struct SVGElement: Equatable {
  let tag: String
  let style: String
  let names: [String]
  let values: [[Double]]
  let words: String

  init(_ tag: String, _ style: String, _ attributes: [(String, [Double])], words: String = "") {
    self.tag = tag
    self.style = style
    names = attributes.map(\.0)
    values = attributes.map(\.1)
    self.words = words
  }

  /// Whether `other` is this shape at another place.
  func isSameShape(as other: SVGElement) -> Bool {
    tag == other.tag && style == other.style && words == other.words && names == other.names
      && values.map(\.count) == other.values.map(\.count)
  }

  var markup: String { markup(inside: "") }

  func markup(inside extra: String) -> String {
    let attributes = zip(names, values).map { " \($0)=\"\(text($1))\"" }.joined()
    return "<\(tag) class=\"\(style)\"\(attributes)>\(extra)\(escaped(words))</\(tag)>\n"
  }
}

/// How the frames of an animation follow each other.
struct SVGTiming {
  let seconds: Double
  /// Frames that the last one is held for.
  let rest: Int
  /// Whether shapes jump from place to place instead of gliding.
  let isStepwise: Bool

  /// One shape through all frames; `nil` where a frame does not have it.
  func markup(_ frames: [SVGElement?]) -> String {
    guard let first = frames.first.flatMap(\.self), frames.allSatisfy({ $0?.isSameShape(as: first) ?? false }) else {
      return changing(frames)
    }
    var animations = ""
    for (index, name) in first.names.enumerated() {
      let values = frames.map { text($0?.values[index] ?? []) }
      guard values.contains(where: { $0 != values[0] }) else { continue }
      animations += animation(of: name, values, isStepwise: isStepwise)
    }
    return first.markup(inside: animations)
  }

  /// Shapes that are not the same from frame to frame take turns at being seen.
  private func changing(_ frames: [SVGElement?]) -> String {
    var variants: [SVGElement] = []
    for case let element? in frames where !variants.contains(element) { variants.append(element) }
    return variants.map { variant in
      let values = frames.map { $0 == variant ? "visible" : "hidden" }
      return "<g visibility=\"\(values[0])\">\(animation(of: "visibility", values, isStepwise: true))"
        + variant.markup + "</g>\n"
    }.joined()
  }

  private func animation(of name: String, _ values: [String], isStepwise: Bool) -> String {
    let all = values + Array(repeating: values[values.count - 1], count: rest)
    return "<animate attributeName=\"\(name)\" dur=\"\(text(seconds))s\" repeatCount=\"indefinite\""
      + (isStepwise ? " calcMode=\"discrete\"" : "") + " values=\"\(all.joined(separator: ";"))\"/>"
  }
}

/// Numbers for an attribute, with two decimals at most.
func text(_ numbers: [Double]) -> String { numbers.map { text($0) }.joined(separator: " ") }

func text(_ number: Double) -> String {
  guard number.isFinite, number.magnitude < 1e12 else { return "0" }
  let hundredths = Int((number * 100).rounded())
  let sign = hundredths < 0 ? "-" : ""
  let (whole, rest) = Int(hundredths.magnitude).quotientAndRemainder(dividingBy: 100)
  if rest == 0 { return "\(sign)\(whole)" }
  return "\(sign)\(whole)." + (rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)")
}

/// Text that XML takes as text.
func escaped(_ words: String) -> String {
  var result = ""
  for scalar in words.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result += " "
    default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}
