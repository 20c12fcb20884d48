import Foundation
import Testing

/// `replay` and `watch` where there is no terminal.
@Suite struct ReplayTests {
  @Test func framesAsText() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let finished = try folder.run("replay", "run")
    #expect(finished.code == 0 && finished.errors == "")
    let headers = finished.outputLines.filter { $0.hasPrefix("CliffWalking-v1 · q-learning · step 20000  t ") }
    #expect(headers.count == 14)
    #expect(headers.first?.contains("  value -") == true && headers.first?.contains("  TD error ") == true)
    #expect(headers.last?.hasSuffix("t 13/13  return -13.00  terminated") == true)
    #expect(!finished.output.contains("\u{1B}"))
    // The newest run, and the episode of a step.
    #expect(try folder.run("replay").output == finished.output)
    #expect(try folder.run("replay", "run", "--episode", "20000").output == finished.output)
    #expect(try folder.run("replay", "run", "--episode", "1000").output.contains("step 1000  t 0/"))
    #expect(try folder.run("replay", "run", "--episode", "best").output.contains("return -13.00  terminated"))
  }

  @Test func aMovingPicture() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let finished = try folder.run("replay", "run", "--svg", "cliff.svg")
    #expect(finished.code == 0 && finished.output == "")
    let svg = try folder.read("cliff.svg")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("<animate"))
  }

  @Test func verifyingStepsTheWorldAgain() throws {
    struct Report: Decodable {
      struct Divergence: Decodable {
        let step: Int
        let quantity: String
      }
      let verified: Bool
      let episodes: Int
      let steps: Int
      let divergence: Divergence?
    }
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let plain = try folder.run("replay", "run", "--verify")
    #expect(plain.code == 0 && plain.errors == "" && plain.output.hasSuffix("as recorded, to the bit\n"))
    let one = try folder.run("replay", "run", "--verify", "--episode", "best", "--json")
    #expect(try one.json(as: Report.self).episodes == 1)
    // An action of one episode is another one: 0 goes up where the path goes along the cliff.
    let name = "Runs/run/episodes/20000-0.safetensors"
    var bytes = try folder.data(name)
    let header = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let text = String(decoding: bytes[8..<8 + header], as: UTF8.self)
    let offsets = try #require(text.firstMatch(of: /"actions":\{[^}]*"data_offsets":\[(\d+),/))
    let first = 8 + header + (Int(offsets.output.1) ?? 0)
    bytes[first + 8 * 5] = 0
    try bytes.write(to: folder[name])
    let broken = try folder.run("replay", "run", "--verify", "--json")
    let report = try broken.json(as: Report.self)
    #expect(
      broken.code == 1 && !report.verified && report.divergence?.step == 6 && report.divergence?.quantity == "state")
    #expect(broken.errorLines.count == 1 && broken.errors.contains("20000-0.safetensors: step 6 gives the state "))
    #expect(try folder.run("replay", "run", "--json").code == 64)
  }

  @Test func watchingPrintsHowItStands() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.valueIteration + ["--name", "run"]).code == 0)
    for arguments in [["watch"], ["watch", "run"], ["watch", "Runs/run"]] {
      let finished = try folder.run(arguments)
      #expect(finished.code == 0 && finished.errors == "" && finished.outputLines.count == 1)
      #expect(finished.output.hasPrefix("run  step 241/10000"))
    }
  }

  @Test func watchingALiveRun() throws {
    let folder = try Folder()
    let training = try folder.start(Quick.ddpg + ["--steps", "100000", "--name", "run"])
    try folder.wait { (try? folder.read("Runs/run/metrics.jsonl").contains("\n")) == true }
    let watched = try folder.run("watch", "run")
    #expect(watched.code == 0 && watched.output.hasPrefix("run  step "))
    #expect(try folder.run("list", "runs").output.contains("running"))
    training.send(SIGTERM)
    #expect(try training.finish().code == 130)
  }
}
