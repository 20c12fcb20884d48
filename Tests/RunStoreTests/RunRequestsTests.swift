import Foundation
import Testing

@testable import RunStore

@Suite struct RunRequestsTests {
  private let run: RunDirectory
  private let folder: Folder

  init() throws {
    folder = try Folder()
    run = try folder.run()
  }

  private func append(_ text: String) throws {
    let file = try OpenFile(
      run.commandsURL.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT, as: "commands.jsonl")
    try file.append(Array(text.utf8))
  }

  private static let all: [RunRequest] = [
    .pause, .resume, .checkpoint, .evaluate, .stop, .set(name: "learningRate", value: 0.0005),
    .set(name: "a \"name\"", value: 1e-300),
  ]

  @Test func whatIsSentArrivesInOrder() throws {
    let lock = try RunLock(run)
    var requests = RunRequests(of: run)
    #expect(requests.poll().requests.isEmpty)
    for request in Self.all { try RunRequests.send(request, to: run) }
    let asked = requests.poll()
    #expect(asked.requests == Self.all && asked.others == 0)
    #expect(requests.poll().requests.isEmpty)
    // Another sitting does not do what was asked of this one.
    var later = RunRequests(of: run)
    #expect(later.poll().requests.isEmpty)
    // JSON has no word for what is not finite.
    guard case .cannotEncode? = storeError({ try RunRequests.send(.set(name: "a", value: .nan), to: run) }) else {
      Issue.record("sent")
      return
    }
    _ = consume lock
  }

  @Test func aRequestIsReadAsItIsTyped() throws {
    for request in Self.all { #expect(try RunRequest("\(request)") == request) }
    #expect(try RunRequest("set epsilon=5e-1") == .set(name: "epsilon", value: 0.5))
    for text in ["", "fly", "set", "set epsilon", "set epsilon=", "set =1", "set epsilon=a", "set a=1=2", "pause now"] {
      #expect(
        throws: RunStoreError.badRequest(
          text, expected: "pause, resume, checkpoint, evaluate, stop, or set NAME=NUMBER")
      ) {
        _ = try RunRequest(text)
      }
    }
  }

  @Test func aRunThatNobodyTrainsCannotBeAsked() throws {
    let error = storeError { try RunRequests.send(.pause, to: run) }
    guard case .runNotLive? = error else {
      Issue.record("sent")
      return
    }
    #expect(FileMark(run.commandsURL) == nil)
  }

  @Test func aHalfWrittenLineWaits() throws {
    var requests = RunRequests(of: run)
    try append("{\"command\":\"pau")
    #expect(requests.poll().requests.isEmpty)
    try append("se\"}\n{\"command\":")
    #expect(requests.poll().requests == [.pause])
    try append("\"stop\"}\n")
    #expect(requests.poll().requests == [.stop])
  }

  @Test func whatIsNoRequestIsCounted() throws {
    var requests = RunRequests(of: run)
    try append("rubbish\n{\"command\":\"fly\"}\n\n{\"command\":\"evaluate\"}\n{}\n[]\n")
    try append("{\"command\":\"set\"}\n{\"command\":\"set\",\"name\":\"a\",\"value\":\"b\"}\n")
    let asked = requests.poll()
    #expect(asked.requests == [.evaluate] && asked.others == 6)
    try append(String(repeating: "x", count: 100_000) + "\n")
    let long = requests.poll()
    #expect(long.requests.isEmpty && long.others == 1)
    // Cut short: from its end on.
    try Data().write(to: run.commandsURL)
    #expect(requests.poll().requests.isEmpty)
    try append("{\"command\":\"resume\"}\n")
    #expect(requests.poll().requests == [.resume])
  }

  @Test func aPauseIsAStatus() throws {
    #expect(try RunStatus(of: run) == .stopped)
    let lock = try RunLock(run)
    let log = RunLog(run)
    try log.append(.started)
    #expect(try RunStatus(of: run) == .running)
    try log.append(.paused(step: 5))
    #expect(try RunStatus(of: run) == .paused && RunStatus.paused.isLive)
    try log.append(.continued(step: 5))
    #expect(try RunStatus(of: run) == .running)
    try log.append(.paused(step: 6))
    _ = consume lock
    #expect(try RunStatus(of: run) == .stopped)
  }
}
