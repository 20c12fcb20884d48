import Foundation

/// A string as JSON, quotes included (RFC 8259, section 7).
func jsonString(_ text: String) -> String {
  var json = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": json += "\\\""
    case "\\": json += "\\\\"
    case "\n": json += "\\n"
    case "\t": json += "\\t"
    case "\r": json += "\\r"
    case _ where scalar.value < 0x20: json += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: json.unicodeScalars.append(scalar)
    }
  }
  return json + "\""
}

/// Reads one flat JSON object of numbers. Foundation's decoder loses the order of the keys, and a screen reads tens of
/// thousands of these lines when it opens.
struct FlatJSONReader {
  private let bytes: ArraySlice<UInt8>
  private var at: Int

  init(_ line: ArraySlice<UInt8>) {
    bytes = line
    at = line.startIndex
  }

  /// The pairs in order, each number as its text; `nil` where the line is anything else.
  mutating func pairs() -> [(key: String, number: Substring)]? {
    var pairs: [(key: String, number: Substring)] = []
    guard take("{") else { return nil }
    if take("}") { return isAtEnd ? pairs : nil }
    repeat {
      guard let key = string(), take(":"), let number = number() else { return nil }
      pairs.append((key, number))
    } while take(",")
    return take("}") && isAtEnd ? pairs : nil
  }

  private var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return at == bytes.endIndex
    }
  }

  private mutating func skipSpace() {
    while at < bytes.endIndex, [0x20, 0x09, 0x0d].contains(bytes[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard at < bytes.endIndex, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func number() -> Substring? {
    skipSpace()
    let start = at
    while at < bytes.endIndex, isNumeric(bytes[at]) { at += 1 }
    return start == at ? nil : Substring(decoding: bytes[start..<at], as: UTF8.self)
  }

  private func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    let start = at
    var hasEscapes = false
    while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") {
      if bytes[at] == UInt8(ascii: "\\") {
        hasEscapes = true
        at += 1
      }
      at += 1
    }
    guard at < bytes.endIndex else { return nil }
    at += 1
    if hasEscapes { return try? JSONDecoder().decode(String.self, from: Data(bytes[(start - 1)..<at])) }
    return String(validating: bytes[start..<(at - 1)], as: UTF8.self)
  }
}
