import Foundation
import RLCore

/// What a checkpoint belongs to.
public struct CheckpointMetadata: Sendable, Equatable {
  /// The version of rlgym that wrote it.
  public var version: String
  public var agent: String
  public var environment: String
  public var seed: UInt64
  /// The learner's clock.
  public var step: Int

  public init(version: String, agent: String, environment: String, seed: UInt64, step: Int) {
    self.version = version
    self.agent = agent
    self.environment = environment
    self.seed = seed
    self.step = step
  }
}

/// `checkpoints/*.safetensors`: everything a learner saved, and what it belongs to in `__metadata__`.
public enum CheckpointFile {
  /// Changes whenever older programs could not go on from the file.
  public static let format = "rlgym-checkpoint-1"

  public static func encode(_ writer: CheckpointWriter, _ metadata: CheckpointMetadata) -> Data {
    Safetensors.encode(
      writer.tensors,
      metadata: [
        "format": format, "version": metadata.version, "agent": metadata.agent, "environment": metadata.environment,
        "seed": "\(metadata.seed)", "step": "\(metadata.step)",
      ])
  }

  /// Throws ``RunStoreError/badFile`` where the file is damaged, of another format, or belongs to another agent or
  /// environment, and ``RunStoreError/system`` where it cannot be read.
  public static func read(
    _ url: URL, agent: String, environment: String
  ) throws -> (reader: CheckpointReader, metadata: CheckpointMetadata) {
    let (tensors, words) = try Safetensors.decode(readFile(url), file: url.relativePath)
    let fields = MetadataFields(words: words, path: url.relativePath)
    try fields.expect(format: format, name: "checkpoint")
    let metadata = CheckpointMetadata(
      version: try fields.text("version"), agent: try fields.text("agent"),
      environment: try fields.text("environment"), seed: try fields.integer("seed"), step: try fields.integer("step"))
    for (what, found, expected) in [
      ("agent", metadata.agent, agent), ("environment", metadata.environment, environment),
    ] where found != expected {
      throw RunStoreError.badFile(
        path: url.relativePath, line: nil, reason: "it belongs to the \(what) \(found); expected \(expected)")
    }
    return (CheckpointReader(tensors), metadata)
  }
}

/// The `__metadata__` of a file, read with errors that name it.
struct MetadataFields {
  let words: [String: String]
  let path: String

  func text(_ key: String) throws -> String {
    guard let word = words[key] else { throw bad("its metadata has no '\(key)'") }
    return word
  }

  func integer<Value: FixedWidthInteger>(_ key: String) throws -> Value {
    let word = try text(key)
    guard let value = Value(word), value >= 0 else { throw bad("its metadata gives '\(word)' as \(key)") }
    return value
  }

  func expect(format: String, name: String) throws {
    guard let found = words["format"] else { throw bad("it is not a \(name) of rlgym") }
    guard found == format else { throw bad("it has the format \(found); expected \(format)") }
  }

  private func bad(_ reason: String) -> RunStoreError { .badFile(path: path, line: nil, reason: reason) }
}
