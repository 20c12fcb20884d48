import Foundation
import RLCore

/// Named arrays in one file, with a checked header and no code in it.
///
/// Source: the format of github.com/huggingface/safetensors: eight bytes with the header's length, the header in JSON
/// (`{"name": {"dtype", "shape", "data_offsets": [from, to]}, "__metadata__": {…}}`), the arrays row-major and
/// little-endian without gaps.
public enum Safetensors {
  /// The same arrays and metadata give the same bytes. Wider elements come first, so that every array is aligned.
  public static func encode(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String]) -> Data {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    let ordered = [8, 4, 1].flatMap { width in tensors.filter { $0.tensor.type.width == width } }
    var offset = 0
    for (name, tensor) in ordered {
      let end = offset + tensor.count * tensor.type.width
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(jsonString(name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
      )
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)

    var data = Data(capacity: 8 + header.count + offset)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header)
    for (_, tensor) in ordered { tensor.withBytes { data.append(contentsOf: $0) } }
    return data
  }

  /// Checks everything before it believes anything. Throws ``RunStoreError/badFile`` that names `file`.
  public static func decode(_ data: Data, file: String) throws -> (
    tensors: [String: Tensor], metadata: [String: String]
  ) {
    func bad(_ reason: String) -> RunStoreError { .badFile(path: file, line: nil, reason: reason) }
    let data = Data(data)
    guard data.count >= 8 else { throw bad("it is truncated: \(data.count) bytes are not a safetensors file") }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= 100_000_000 else { throw bad("it is not a safetensors file: its header has no sensible length") }
    guard length <= UInt64(data.count - 8) else {
      throw bad("it is truncated: its header has \(length) bytes, \(data.count - 8) are there")
    }
    let start = 8 + Int(length)
    let header: Header
    do {
      guard data.count > 8, data[8] == UInt8(ascii: "{") else { throw bad("its header does not begin with '{'") }
      header = try JSONDecoder().decode(Header.self, from: data[8..<start])
    } catch is DecodingError {
      throw bad("it is not a safetensors file: its header is not JSON that names arrays")
    }

    var tensors: [String: Tensor] = [:]
    var offset = 0
    for (name, entry) in header.entries.sorted(by: { $0.value.range < $1.value.range }) {
      guard let type = ElementType(rawValue: entry.dtype) else {
        throw bad(
          "its array '\(name)' has elements of type \(entry.dtype); expected one of "
            + ElementType.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let (begin, end) = entry.range
      guard begin == offset, end >= begin else {
        throw bad("its array '\(name)' does not begin where the last one ends")
      }
      guard let size = entry.size(width: type.width), size == end - begin else {
        throw bad("its array '\(name)' of shape \(entry.shape) does not fill bytes \(begin) to \(end)")
      }
      guard end <= data.count - start else {
        throw bad("it is truncated: its array '\(name)' ends at byte \(start + end) of \(data.count)")
      }
      guard let values = type.values(in: data[(start + begin)..<(start + end)]) else {
        throw bad("its array '\(name)' holds a boolean that is neither 0 nor 1")
      }
      tensors[name] = Tensor(shape: entry.shape, values: values)
      offset = end
    }
    guard offset == data.count - start else {
      throw bad("it has \(data.count - start - offset) bytes after its last array")
    }
    return (tensors, header.metadata)
  }
}

private struct Header: Decodable {
  var entries: [String: Entry] = [:]
  var metadata: [String: String] = [:]

  struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    var range: (Int, Int) { (offsets[0], offsets[1]) }

    /// Bytes of all elements, or `nil` where a dimension is negative or the product is out of reach.
    func size(width: Int) -> Int? {
      var size = width
      for length in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: length)
        if length < 0 || overflow { return nil }
        size = product
      }
      return size
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      dtype = try values.decode(String.self, forKey: .dtype)
      shape = try values.decode([Int].self, forKey: .shape)
      offsets = try values.decode([Int].self, forKey: .offsets)
      guard offsets.count == 2, offsets[0] >= 0 else {
        throw DecodingError.dataCorruptedError(forKey: .offsets, in: values, debugDescription: "two offsets")
      }
    }

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    for name in values.allKeys {
      if name.stringValue == "__metadata__" {
        metadata = try values.decode([String: String].self, forKey: name)
      } else {
        entries[name.stringValue] = try values.decode(Entry.self, forKey: name)
      }
    }
  }
}

/// The element types that rlgym writes, by their names in the format.
private enum ElementType: String, CaseIterable {
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"
  case bool = "BOOL"

  var width: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32: 4
    case .bool: 1
    }
  }

  /// `nil` where a boolean is neither 0 nor 1.
  func values(in bytes: Data) -> Tensor.Values? {
    switch self {
    case .float32: .float32(array(bytes))
    case .float64: .float64(array(bytes))
    case .int64: .int64(array(bytes))
    case .uint64: .uint64(array(bytes))
    case .bool: bytes.allSatisfy { $0 <= 1 } ? .bool(bytes.map { $0 == 1 }) : nil
    }
  }

  private func array<Element: BitwiseCopyable>(_ bytes: Data) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.stride
    return [Element](unsafeUninitializedCapacity: count) { storage, initialised in
      bytes.copyBytes(to: UnsafeMutableRawBufferPointer(storage))
      initialised = count
    }
  }
}

extension Tensor {
  fileprivate var type: ElementType {
    switch values {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint64: .uint64
    case .bool: .bool
    }
  }

  /// The elements as they lie in memory: little-endian on every machine that Swift runs on.
  fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    switch values {
    case .float32(let a): a.withUnsafeBytes(body)
    case .float64(let a): a.withUnsafeBytes(body)
    case .int64(let a): a.withUnsafeBytes(body)
    case .uint64(let a): a.withUnsafeBytes(body)
    case .bool(let a): a.map { UInt8($0 ? 1 : 0) }.withUnsafeBytes(body)
    }
  }
}
