import Foundation
import Testing

@testable import RunStore

@Suite struct MetricsRowTests {
  private func read(_ line: String) -> MetricsRow? {
    var tags: Set<String> = []
    return MetricsRow(line: Array(line.utf8)[...], tags: &tags)
  }

  @Test func theLineIsJSONInTheOrderGiven() {
    let row = MetricsRow(
      step: 2000, time: 1.5, values: ["rollout/ep_rew_mean": -1234.5678901234567, "a": 0.1, "b\"\\\n\u{1}é": 1e-300])
    #expect(
      row.line == """
        {"step":2000,"time":1.5,"rollout/ep_rew_mean":-1234.5678901234567,"a":0.1,"b\\"\\\\\\n\\u0001é":1e-300}\n
        """)
    #expect(read(String(row.line.dropLast())) == row)
  }

  @Test func whatIsNotFiniteIsLeftOut() throws {
    let row = MetricsRow(step: 1, time: .nan, values: ["a": .nan, "b": .infinity, "c": 2])
    #expect(row.line == "{\"step\":1,\"time\":0.0,\"c\":2.0}\n")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(row.line.utf8)) }
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "null", "{\"step\":1}", "{\"time\":1}", "{\"step\":1.5,\"time\":1}",
    "{\"step\":1,\"time\":1", "{\"step\":1,\"time\":1,}", "{\"step\":1,\"time\":1} x", "{\"step\":1,\"time\":1,\"a\":}",
    "{\"step\":1,\"time\":1,\"a\":\"b\"}", "{\"step\":1,\"time\":1,\"a\":nan}", "{\"step\":1,\"time\":1,\"a\":1e999}",
    "{\"step\":1,\"time\":1,\"a\":--1}", "{\"step\":1,\"time\":1,\"a", "{\"step\":1,\"time\":1,\"a\\",
    "{step:1,time:1}",
    "{\"step\":1,\"time\":1,\"\\ud800\":1}", "\u{0}\u{0}\u{0}",
  ])
  func otherLinesAreNoRows(_ line: String) { #expect(read(line) == nil) }

  @Test func spacesAreAllowed() {
    #expect(read(" { \"step\" : 1 ,\t\"time\": 2e0, \"a\":-1 } ") == MetricsRow(step: 1, time: 2, values: ["a": -1]))
  }
}

@Suite struct MetricsWriterTests {
  private let folder: Folder
  private var url: URL { folder["metrics.jsonl"] }

  init() throws { folder = try Folder() }

  private func row(_ step: Int) -> MetricsRow { MetricsRow(step: step, time: Double(step) / 8, values: ["x": 1]) }

  private func text(_ steps: [Int]) -> String { steps.map { row($0).line }.joined() }

  /// What is in the file after going on with `step` and one more row.
  private func resumed(_ text: String, keepingStepsUpTo step: Int) throws -> String {
    try Data(text.utf8).write(to: url)
    var writer = try MetricsWriter(appendingTo: url, keepingStepsUpTo: step)
    try writer.append(row(99))
    return try String(contentsOf: url, encoding: .utf8)
  }

  @Test func rowsAreAppended() throws {
    var writer = try MetricsWriter(appendingTo: url, keepingStepsUpTo: nil)
    for step in [1, 2, 3] {
      try writer.append(row(step))
      #expect(try String(contentsOf: url, encoding: .utf8) == text(Array(1...step)))
    }
    try writer.sync()
  }

  @Test func aFileThatExistsIsNotBegunAgain() throws {
    _ = try folder.write(Data("old".utf8), to: "metrics.jsonl")
    guard case .runExists? = storeError({ _ = try MetricsWriter(appendingTo: url, keepingStepsUpTo: nil) }) else {
      Issue.record("begun again")
      return
    }
    #expect(try String(contentsOf: url, encoding: .utf8) == "old")
  }

  @Test(arguments: [(0, []), (10, [10]), (19, [10]), (20, [10, 20]), (30, [10, 20, 30]), (1000, [10, 20, 30])])
  func laterRowsAreDropped(_ step: Int, _ kept: [Int]) throws {
    #expect(try resumed(text([10, 20, 30]), keepingStepsUpTo: step) == text(kept + [99]))
    #expect(folder.names == ["metrics.jsonl"], "nothing is left beside")
  }

  @Test func aFileCutAnywhereGoesOn() throws {
    let whole = text([10, 20, 30])
    for length in 0...whole.utf8.count {
      let cut = String(whole.prefix(length))
      let kept = [10, 20, 30].prefix(cut.count { $0 == "\n" })
      #expect(try resumed(cut, keepingStepsUpTo: 50) == text(kept + [99]), "\(length) bytes")
    }
  }

  @Test func aMissingFileIsBegun() throws {
    var writer = try MetricsWriter(appendingTo: url, keepingStepsUpTo: 5)
    try writer.append(row(6))
    #expect(try String(contentsOf: url, encoding: .utf8) == text([6]))
  }

  @Test func rubbishAtTheEndGoesAndRubbishInTheMiddleIsNamed() throws {
    #expect(try resumed(text([10]) + "\u{0}\u{0}\nrubbish\n", keepingStepsUpTo: 50) == text([10, 99]))
    let middle = text([10]) + "rubbish\n" + text([20])
    let error = storeError { _ = try resumed(middle, keepingStepsUpTo: 50) }
    #expect(error?.description.contains("metrics.jsonl:2: expected a row of metrics") == true)
    #expect(try String(contentsOf: url, encoding: .utf8) == middle)
    #expect(try resumed(middle, keepingStepsUpTo: 10) == text([10, 99]))
  }

  #if os(Linux)
    @Test func aFullDiskIsNamed() throws {
      try FileManager.default.createSymbolicLink(at: url, withDestinationURL: URL(filePath: "/dev/full"))
      var writer = try MetricsWriter(appendingTo: url, keepingStepsUpTo: 1)
      var failure: RunStoreError?
      do { try writer.append(row(2)) } catch { failure = error as? RunStoreError }
      #expect(failure?.description.hasPrefix("cannot write ") == true)
      #expect(failure?.description.hasSuffix("metrics.jsonl: No space left on device") == true)
    }
  #endif
}

@Suite struct MetricsTailTests {
  private let folder: Folder
  private var url: URL { folder["metrics.jsonl"] }

  init() throws { folder = try Folder() }

  private func line(_ step: Int) -> String { MetricsRow(step: step, time: 0, values: ["x": Double(step)]).line }

  private func append(_ text: String) throws {
    let handle = try FileHandle(forWritingTo: url)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  @Test func aMissingFileHasNoRows() throws {
    var tail = MetricsTail(url)
    #expect(tail.poll().isEmpty && !tail.didRestart)
    try Data(line(1).utf8).write(to: url)
    #expect(tail.poll().map(\.step) == [1])
    #expect(!tail.didRestart)
  }

  @Test func everyRowComesOnceWhereverTheWriterIsCut() throws {
    let text = Array((line(1) + line(2) + line(3)).utf8)
    for cut in 0...text.count {
      try Data(text[..<cut]).write(to: url)
      var tail = MetricsTail(url)
      var rows = tail.poll()
      #expect(rows.count == text[..<cut].count { $0 == 0x0a })
      try append(String(decoding: text[cut...], as: UTF8.self))
      rows += tail.poll()
      #expect(rows.map(\.step) == [1, 2, 3] && !tail.didRestart)
      #expect(tail.poll().isEmpty)
    }
  }

  @Test func lateHalvesAreAwaited() throws {
    try Data().write(to: url)
    var tail = MetricsTail(url)
    for character in line(7) {
      #expect(tail.poll().isEmpty)
      try append(String(character))
    }
    #expect(tail.poll().map(\.step) == [7])
  }

  @Test func rubbishIsPassedOver() throws {
    try Data((line(1) + "rubbish\n\u{0}\n" + line(2)).utf8).write(to: url)
    var tail = MetricsTail(url)
    #expect(tail.poll().map(\.step) == [1, 2])
  }

  @Test func aResumedRunStartsOver() throws {
    try Data((line(1) + line(2) + line(3)).utf8).write(to: url)
    var tail = MetricsTail(url)
    #expect(tail.poll().count == 3)
    // The writer replaces the file, and has made it longer than before by the time of the next look.
    var writer = try MetricsWriter(appendingTo: url, keepingStepsUpTo: 2)
    for step in 3...9 { try writer.append(MetricsRow(step: step, time: 0, values: [:])) }
    #expect(tail.poll().map(\.step) == Array(1...9))
    #expect(tail.didRestart)
    #expect(tail.poll().isEmpty && !tail.didRestart)
  }

  /// A long file is sampled: rows and evaluations that lie evenly in it, the last ones, and the best evaluation wherever it
  /// is, in order; what is added later comes row by row.
  @Test func aLongFileIsSampled() throws {
    let count = 200_000
    var text = ""
    for step in 1...count {
      var values: OrderedDictionary<String, Double> = ["train/loss": 1 / Double(step), "padding": 0.123456789]
      if step % 7 == 0 { values["eval/mean_reward"] = step == 70_007 ? -1e-3 : -1 - Double(step % 13) }
      // Asked for by a person: not the best.
      if step == 140_000 { (values["eval/mean_reward"], values[MetricsRow.askedTag]) = (5, 1) }
      text += MetricsRow(step: step, time: Double(step), values: values).line
      if step == 1000 { text += "rubbish\n" }
    }
    let half = line(count + 1)
    try Data((text + half.prefix(5)).utf8).write(to: url)

    var tail = MetricsTail(url, longest: 1 << 20)
    let rows = tail.poll()
    let steps = rows.map(\.step)
    #expect((5000...15_000).contains(rows.count) && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 })
    #expect(steps.first == 1 && steps.last == count)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 - $0 < 100 })
    let evaluations = rows.filter { $0.values["eval/mean_reward"] != nil }
    #expect(evaluations.count > 4000 && evaluations.last?.step == count / 7 * 7)
    #expect(rows.contains { $0.step == 70_007 && $0.values["eval/mean_reward"] == -1e-3 })
    #expect(rows.allSatisfy { $0.values["train/loss"] == 1 / Double($0.step) })
    try append(String(half.dropFirst(5)))
    #expect(tail.poll().map(\.step) == [count + 1])

    var whole = MetricsTail(url)
    #expect(whole.poll().count == count + 1)
  }

  @Test func aShorterOrRemovedFileStartsOver() throws {
    try Data((line(1) + line(2)).utf8).write(to: url)
    var tail = MetricsTail(url)
    #expect(tail.poll().count == 2)
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: UInt64(line(1).utf8.count))
    try handle.close()
    #expect(tail.poll().map(\.step) == [1])
    #expect(tail.didRestart)
    try FileManager.default.removeItem(at: url)
    #expect(tail.poll().isEmpty)
    #expect(tail.didRestart)
  }
}
