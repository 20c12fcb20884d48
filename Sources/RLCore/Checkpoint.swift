/// Collects everything a learner needs to go on exactly as if it had never stopped: named arrays, in memory.
/// RunStore turns it into a file.
public struct CheckpointWriter: Sendable {
  public private(set) var tensors: [(name: String, tensor: Tensor)] = []

  public init() {}

  public mutating func add(_ name: String, _ tensor: Tensor) {
    precondition(!tensors.contains { $0.name == name }, "\(name) is in the checkpoint twice")
    tensors.append((name, tensor))
  }

  public mutating func add(_ name: String, _ values: [Float], shape: [Int]? = nil) {
    add(name, Tensor(shape: shape ?? [values.count], values: .float32(values)))
  }

  public mutating func add(_ name: String, _ values: [Double], shape: [Int]? = nil) {
    add(name, Tensor(shape: shape ?? [values.count], values: .float64(values)))
  }

  public mutating func add(_ name: String, _ values: [Int]) {
    add(name, Tensor(shape: [values.count], values: .int64(values.map(Int64.init))))
  }

  public mutating func add(_ name: String, _ value: Int) { add(name, [value]) }
  public mutating func add(_ name: String, _ value: Double) { add(name, [value]) }

  public mutating func add(_ name: String, _ random: RandomStream) {
    let words = random.words
    add(name, Tensor(shape: [words.count], values: .uint64(words)))
  }

  /// Adds what `body` adds, with `prefix` before every name: one of several parts that are alike.
  public mutating func add(under prefix: String, _ body: (inout CheckpointWriter) -> Void) {
    var part = CheckpointWriter()
    body(&part)
    for (name, tensor) in part.tensors { add(prefix + name, tensor) }
  }
}

/// Reads what a ``CheckpointWriter`` collected. Every accessor throws ``CoreError/badCheckpoint`` when the array is
/// missing or is not what the learner needs, so that a checkpoint of another agent is refused by name.
public struct CheckpointReader: Sendable {
  public let tensors: [String: Tensor]

  public init(_ tensors: [String: Tensor]) { self.tensors = tensors }

  /// What was just written, without a file in between.
  public init(_ writer: CheckpointWriter) {
    self.init(Dictionary(uniqueKeysWithValues: writer.tensors.map { ($0.name, $0.tensor) }))
  }

  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw CoreError.badCheckpoint("it has no array '\(name)'") }
    return tensor
  }

  /// An array of 32-bit floats; with `count`, of exactly that many.
  public func floats(_ name: String, count: Int? = nil) throws -> [Float] {
    let tensor = try tensor(name)
    guard case .float32(let values) = tensor.values else { throw wrong(name, "32-bit floats", tensor) }
    if let count, values.count != count { throw wrong(name, "\(count) values", tensor) }
    return values
  }

  public func doubles(_ name: String, count: Int? = nil) throws -> [Double] {
    let tensor = try tensor(name)
    guard case .float64(let values) = tensor.values else { throw wrong(name, "64-bit floats", tensor) }
    if let count, values.count != count { throw wrong(name, "\(count) values", tensor) }
    return values
  }

  public func ints(_ name: String, count: Int? = nil) throws -> [Int] {
    let tensor = try tensor(name)
    guard case .int64(let values) = tensor.values else { throw wrong(name, "64-bit integers", tensor) }
    if let count, values.count != count { throw wrong(name, "\(count) values", tensor) }
    return values.map(Int.init)
  }

  public func int(_ name: String) throws -> Int { try ints(name, count: 1)[0] }
  public func double(_ name: String) throws -> Double { try doubles(name, count: 1)[0] }

  public func random(_ name: String) throws -> RandomStream {
    let tensor = try tensor(name)
    guard case .uint64(let words) = tensor.values, let stream = RandomStream(words: words) else {
      throw wrong(name, "a random stream", tensor)
    }
    return stream
  }

  /// What was added under `prefix`.
  public func under(_ prefix: String) -> CheckpointReader {
    var part: [String: Tensor] = [:]
    for (name, tensor) in tensors where name.hasPrefix(prefix) { part[String(name.dropFirst(prefix.count))] = tensor }
    return CheckpointReader(part)
  }

  private func wrong(_ name: String, _ expected: String, _ found: Tensor) -> CoreError {
    .badCheckpoint("its array '\(name)' has shape \(found.shape); expected \(expected)")
  }
}
