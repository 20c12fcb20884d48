import Foundation
import RLCore
import Testing

/// `Fixtures/numpy.json`: what NumPy draws, written by `Fixtures/make_numpy.py`. Doubles stand there as their bits.
struct Golden: Decodable {
  struct Case: Decodable {
    let seed: UInt64
    let values: [UInt64]
    let key: [UInt32]?
    let bound: Int?
    let count: UInt64?
    let low: Double?
    let high: Double?
    let probabilities: [Double]?
  }

  struct Rows: Decodable {
    let seed: UInt64
    let values: [[UInt64]]
  }

  let words: [Case]
  let random: [Case]
  let uniform: [Case]
  let integers: [Case]
  let interleaved: [Rows]
  let normal: [Case]
  let normalChecksum: [Case]
  let seedSequence: [Case]
  let spawned: [Case]
  let advance: [Case]
  let categorical: [Case]

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "numpy", withExtension: "json", subdirectory: "Fixtures"))
    self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }
}

/// What a reader of a checkpoint file would see.
func reader(_ save: (inout CheckpointWriter) -> Void) -> CheckpointReader {
  var writer = CheckpointWriter()
  save(&writer)
  return CheckpointReader(Dictionary(uniqueKeysWithValues: writer.tensors.map { ($0.name, $0.tensor) }))
}

/// The error that `body` throws as a ``CoreError``, or `nil`.
func coreError(_ body: () throws -> Void) -> CoreError? {
  do {
    try body()
    return nil
  } catch {
    return error as? CoreError
  }
}
