import Foundation
import Testing

@testable import RunStore

@Suite struct EventWriterTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func row(_ step: Int) -> MetricsRow {
    MetricsRow(step: step, time: 0, values: ["rollout/ep_rew_mean": Double(step) / 4, "bad": .nan, "train/loss": -1])
  }

  private func write(_ steps: [Int]) throws {
    var writer = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: nil)
    for step in steps { try writer.append(row(step)) }
    try writer.sync()
  }

  private func file() throws -> URL {
    #expect(folder.names.count == 1)
    return folder[try #require(folder.names.first)]
  }

  /// The records of a file: every checksum must hold.
  private func records(_ data: Data) throws -> [[UInt8]] {
    var rest = [UInt8](data)[...]
    var records: [[UInt8]] = []
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    while !rest.isEmpty {
      try #require(rest.count >= 16)
      let head = rest.prefix(8)
      let length = Int(word(head))
      #expect(word(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(head)))
      let body = rest.dropFirst(12).prefix(length)
      #expect(word(rest.dropFirst(12 + length).prefix(4)) == UInt64(CRC32C.masked(body)))
      records.append(Array(body))
      rest = rest.dropFirst(16 + length)
    }
    return records
  }

  /// RFC 3720, appendix B.4.
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (Array(0..<32), 0x46dd_794e), ([], 0),
    ] as [([UInt8], UInt32)])
  func checksums(_ bytes: [UInt8], _ expected: UInt32) { #expect(CRC32C.checksum(bytes[...]) == expected) }

  @Test func theMessagesAreTensorBoards() throws {
    try write([300])
    let records = try records(Data(contentsOf: file()))
    #expect(records.count == 2)
    // Field 1 is the wall time: a tag and eight bytes.
    #expect(records[0].first == 0x09 && Array(records[0].dropFirst(9)) == [0x1a, 13] + Array("brain.Event:2".utf8))
    let reward: [UInt8] = [0x0a, 19] + Array("rollout/ep_rew_mean".utf8) + [0x15, 0, 0, 0x96, 0x42]
    let loss: [UInt8] = [0x0a, 10] + Array("train/loss".utf8) + [0x15, 0, 0, 0x80, 0xbf]
    let summary = [0x0a, UInt8(reward.count)] + reward + [0x0a, UInt8(loss.count)] + loss
    #expect(Array(records[1].dropFirst(9)) == [0x10, 0xac, 0x02, 0x2a, UInt8(summary.count)] + summary)
    #expect(try file().lastPathComponent.hasPrefix("events.out.tfevents."))
  }

  @Test func aSecondBeginningIsRefused() throws {
    try write([1])
    guard case .runExists? = storeError({ try write([2]) }) else {
      Issue.record("begun again")
      return
    }
  }

  @Test(arguments: [(5, 0), (10, 1), (15, 1), (20, 2), (30, 3), (99, 3)])
  func laterEventsAreDropped(_ step: Int, _ kept: Int) throws {
    try write([10, 20, 30])
    let before = try records(Data(contentsOf: file()))
    var writer = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: step)
    try writer.append(row(step + 1))
    let after = try records(Data(contentsOf: file()))
    #expect(after.count == kept + 2)
    #expect(Array(after.prefix(kept + 1)) == Array(before.prefix(kept + 1)))
  }

  @Test func aFileCutAnywhereGoesOn() throws {
    try write([10, 20])
    let url = try file()
    let data = try Data(contentsOf: url)
    let sizes = try records(data).map { $0.count + 16 }
    for length in 0...data.count {
      try data.prefix(length).write(to: url)
      var writer = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: 50)
      try writer.append(row(60))
      let whole = length >= data.count ? 3 : length >= sizes[0] + sizes[1] ? 2 : 1
      #expect(try records(Data(contentsOf: url)).count == whole + 1, "\(length) bytes")
    }
  }

  @Test func damagedRecordsEndTheFile() throws {
    try write([10, 20])
    let url = try file()
    let data = try Data(contentsOf: url)
    for at in data.indices {
      var damaged = data
      damaged[at] ^= 0x10
      try damaged.write(to: url)
      _ = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: 50)
      #expect(try records(Data(contentsOf: url)).count < 3, "byte \(at)")
    }
  }

  @Test func stepsOfAnySize() throws {
    try write([1, 127, 128, 16_384, 1 << 40, .max - 1])
    _ = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: 1 << 40)
    #expect(try records(Data(contentsOf: file())).count == 6)
  }

  @Test(.enabled(if: Python.hasTensorBoard, "needs python3 with tensorboard (RLGYM_PYTHON)"))
  func tensorBoardReadsIt() throws {
    try write([10, 20, 30])
    var writer = try EventWriter(appendingIn: folder.url, keepingStepsUpTo: 20)
    try writer.append(row(40))
    let script = """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator(sys.argv[1]).Reload()
      assert sorted(events.Tags()["scalars"]) == ["rollout/ep_rew_mean", "train/loss"], events.Tags()
      rewards = events.Scalars("rollout/ep_rew_mean")
      assert [(e.step, e.value) for e in rewards] == [(10, 2.5), (20, 5.0), (40, 10.0)], rewards
      assert all(e.wall_time > 1.7e9 for e in rewards)
      assert [e.value for e in events.Scalars("train/loss")] == [-1, -1, -1]
      """
    let (status, output) = try Python.run(script, [folder.url.path()])
    #expect(status == 0, "\(output)")
  }
}
