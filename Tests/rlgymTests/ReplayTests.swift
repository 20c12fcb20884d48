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
