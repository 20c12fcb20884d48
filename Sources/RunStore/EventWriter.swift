import Foundation

/// Writes metrics as TensorBoard reads them: TFRecords of `Event` messages.
///
/// Source: tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto (the fields used here are
/// Event.wall_time 1, step 2, file_version 3, summary 5; Summary.value 1; Value.tag 1, simple_value 2), and
/// tensorflow/core/lib/io/record_writer.h for the frame: length, its checksum, the message, its checksum.
public struct EventWriter: ~Copyable {
  private let file: OpenFile

  private static let prefix = "events.out.tfevents."
  private static let suffix = ".rlgym"

  /// Begins `events.out.tfevents.<seconds since 1970>.<host>.rlgym`, or with `step` goes on with the newest such file:
  /// it is cut at the first record of a later step, or at a broken last record.
  ///
  /// Throws ``RunStoreError/runExists`` where a new file is wanted and there is one.
  public init(appendingIn directory: URL, keepingStepsUpTo step: Int?) throws {
    let old = fileNames(in: directory).filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.suffix) }.max()
    let seconds = Date().timeIntervalSince1970
    let name = old ?? "\(Self.prefix)\(Int(seconds)).\(ProcessInfo.processInfo.hostName)\(Self.suffix)"
    let url = directory.appending(path: name)
    if step == nil && old != nil { throw RunStoreError.runExists(path: url.relativePath) }
    let flags = O_RDWR | O_APPEND | O_CREAT | (old == nil ? O_EXCL : 0)
    let file = try OpenFile(url.path(percentEncoded: false), flags, as: url.relativePath)
    if let step {
      let kept = EventFile.sizeKept(of: [UInt8](try file.read(from: 0)), upTo: step)
      if kept < (try file.size()) { try file.truncate(to: kept) }
    }
    if try file.size() == 0 {
      try file.append(EventFile.record { $0.field(3, text: "brain.Event:2") })
    }
    self.file = file
  }

  public mutating func append(_ row: MetricsRow) throws {
    let record = EventFile.record { event in
      event.field(2, integer: row.step)
      event.field(5) { summary in
        for (tag, number) in row.values where number.isFinite {
          summary.field(1) { value in
            value.field(1, text: tag)
            value.field(2, float: Float(number))
          }
        }
      }
    }
    try file.append(record)
  }

  /// Returns once all events are on the disk.
  public func sync() throws { try file.sync() }
}

/// The few parts of the protocol-buffer wire format that an event needs.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func field(_ number: Int, integer: Int) {
    varint(UInt64(number << 3))
    varint(UInt64(bitPattern: Int64(integer)))
  }

  mutating func field(_ number: Int, double: Double) {
    varint(UInt64(number << 3 | 1))
    withUnsafeBytes(of: double.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func field(_ number: Int, float: Float) {
    varint(UInt64(number << 3 | 5))
    withUnsafeBytes(of: float.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func field(_ number: Int, text: String) { field(number, bytes: Array(text.utf8)) }

  mutating func field(_ number: Int, _ build: (inout ProtobufMessage) -> Void) {
    var message = ProtobufMessage()
    build(&message)
    field(number, bytes: message.bytes)
  }

  private mutating func field(_ number: Int, bytes part: [UInt8]) {
    varint(UInt64(number << 3 | 2))
    varint(UInt64(part.count))
    bytes += part
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

enum EventFile {
  /// One framed event, stamped with the present time.
  static func record(_ build: (inout ProtobufMessage) -> Void) -> [UInt8] {
    var event = ProtobufMessage()
    event.field(1, double: Date().timeIntervalSince1970)
    build(&event)
    let length = withUnsafeBytes(of: UInt64(event.bytes.count).littleEndian) { Array($0) }
    return length + checksum(length[...]) + event.bytes + checksum(event.bytes[...])
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
  }

  /// The size of the whole, undamaged records before the first one of a later step.
  static func sizeKept(of bytes: [UInt8], upTo step: Int) -> Int {
    var at = 0
    while bytes.count - at >= 16 {
      let length = bytes[at..<at + 8].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
      guard length <= UInt64(bytes.count - at - 16), checksum(bytes[at..<at + 8]) == Array(bytes[at + 8..<at + 12])
      else { break }
      let end = at + 12 + Int(length)
      guard checksum(bytes[at + 12..<end]) == Array(bytes[end..<end + 4]), self.step(of: bytes[at + 12..<end]) <= step
      else { break }
      at = end + 4
    }
    return at
  }

  /// The step of an event that ``record(_:)`` made: its second field, 0 where there is none.
  private static func step(of event: ArraySlice<UInt8>) -> Int {
    let field = event.dropFirst(9)
    guard field.first == 2 << 3 else { return 0 }
    var value: UInt64 = 0
    for (i, byte) in field.dropFirst().prefix(10).enumerated() {
      value |= UInt64(byte & 0x7f) << UInt64(7 * i)
      if byte < 0x80 { break }
    }
    return Int(Int64(bitPattern: value))
  }
}

/// The Castagnoli checksum (RFC 3720, appendix B.4), byte by byte from a table.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// Rotated and shifted, as TFRecords store it, so that a checksum of checksums is not weak.
  static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xa282_ead8
  }
}
