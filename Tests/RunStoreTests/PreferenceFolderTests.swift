import Foundation
import RLCore
import Testing

@testable import RunStore

@Suite struct PreferenceFolderTests {
  private let room: Folder
  private let folder: PreferenceFolder

  init() throws {
    room = try Folder()
    folder = PreferenceFolder(room["preferences"])
    try folder.create()
  }

  private func clip(_ length: Int, _ number: Float) -> Episode {
    Episode(
      observations: Tensor(shape: [length + 1, 2], values: .float32(.init(repeating: number, count: 2 * length + 2))),
      actions: Tensor(shape: [length], values: .int64(.init(repeating: Int64(number), count: length))),
      rewards: .init(repeating: Double(number), count: length),
      terminations: (1...length).map { $0 == length }, truncations: .init(repeating: false, count: length),
      states: Tensor(shape: [length + 1, 1], values: .float64(.init(repeating: Double(number), count: length + 1))),
      seed: UInt64(number))
  }

  private func label(_ pair: Int, _ preference: Double?, undone: Bool? = nil) -> PairLabel {
    PairLabel(pair: pair, preference: preference, labeler: "human", worths: [1, 2], undone: undone)
  }

  @Test func readsBackWhatItWrote() throws {
    let batch = ClipBatch(
      clips: (1...4).map { clip($0, Float($0)) }, worths: [1, 2, 3, 4], origin: ["environment": "world", "seed": "7"])
    try folder.write(batch, from: 0)
    let read = try folder.batch(from: 0)
    #expect(read.clips == batch.clips && read.worths == batch.worths && read.origin["seed"] == "7")
    try folder.append([label(0, 1), label(1, nil)])
    let preferences = try folder.read()
    #expect(preferences.environment == "world" && preferences.clips == Array(batch.clips[..<2]))
    #expect(preferences.pairs == [.init(left: 0, right: 1, preference: 1)])
  }

  /// A later line takes the place of an earlier one, and an undone one leaves the pair open.
  @Test func laterLinesCount() throws {
    try folder.append([label(0, 1), label(1, 0.5)])
    try folder.append([label(0, nil, undone: true)])
    #expect(try folder.labels().keys.sorted() == [1])
    try folder.append([label(0, 0)])
    #expect(try folder.labels()[0]?.preference == 0)
  }

  /// What a crash left half written is no label, and the next one does not stick to it.
  @Test func bearsAHalfWrittenLine() throws {
    try folder.append([label(0, 1), label(1, 0)])
    let whole = try Data(contentsOf: folder.pairsURL)
    for cut in 1..<(whole.count / 2) {
      try whole.dropLast(cut).write(to: folder.pairsURL)
      #expect(try folder.labels().keys.sorted() == [0])
      try folder.append([label(5, 0.5)])
      #expect(try folder.labels().keys.sorted() == [0, 5])
    }
  }

  @Test func namesTheBadLine() throws {
    try folder.append([label(0, 1)])
    let good = try Data(contentsOf: folder.pairsURL)
    try (Data("{\"pair\":0}\n".utf8) + good).write(to: folder.pairsURL)
    let error = #expect(throws: RunStoreError.self) { try folder.labels() }
    #expect("\(try #require(error))".contains("pairs.jsonl:1: expected"))
    try good.write(to: folder.pairsURL)
    let missing = #expect(throws: RunStoreError.self) { try folder.read() }
    #expect("\(try #require(missing))".contains("pair 0 is of the clips 0 and 1"))
  }
}
