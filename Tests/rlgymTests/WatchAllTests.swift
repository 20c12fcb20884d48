import Foundation
import Testing

/// `rlgym watch` without a run, and what a person asks of a run from there.
@Suite(.enabled(if: Terminal.program != nil)) struct WatchAllTests {
  private static let live = Quick.ddpg + ["--steps", "3000000", "--name", "live"]

  @Test func allRunsOpenAndBack() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.valueIteration + ["--name", "planned"]).code == 0)
    #expect(try folder.run("train", "--agent", "q-learning", "--steps", "2000", "--name", "tabular").code == 0)
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym watch; echo code $?")
    try terminal.wait { $0.contains("2 runs") && $0.contains("value-iteration") && $0.contains("q-learning") }
    try terminal.press("Home", "Enter")
    try terminal.wait { $0.contains("q quit") && $0.contains("q-learning · CliffWalking-v1") }
    try terminal.press("Escape")
    try terminal.wait { $0.contains("2 runs") }
    try terminal.press("Home", "Space", "Space")
    try terminal.wait { $0.contains("2 runs compared") }
    for (width, height) in [(200, 60), (60, 15), (20, 5), (80, 24)] {
      try terminal.resize(width: width, height: height)
      try terminal.wait { $0.contains("q-lear") || $0.contains("2 runs") }
    }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
  }

  @Test func aLiveRunIsAskedFromAnotherTerminal() throws {
    let folder = try Folder()
    let training = try folder.start(Self.live)
    try folder.wait { (try? folder.read("Runs/live/metrics.jsonl").contains("eval/")) == true }
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym watch; echo code $?")
    try terminal.wait { $0.contains("1 live") }
    try terminal.press("Enter")
    try terminal.wait { $0.contains("● running") }
    try terminal.press("p")
    try terminal.wait { $0.contains("‖ paused") }
    let before = try folder.read("Runs/live/metrics.jsonl")
    usleep(500_000)
    #expect(try folder.read("Runs/live/metrics.jsonl") == before)
    try terminal.press("e")
    try folder.wait { try folder.read("Runs/live/log.txt").contains("evaluated at step ") }
    try terminal.press("p")
    try terminal.wait { $0.contains("● running") }
    try terminal.press("s")
    try folder.wait { try folder.read("Runs/live/log.txt").contains("saved a checkpoint at step ") }
    try terminal.press("x")
    try terminal.wait { $0.contains("x once more saves and stops") }
    try terminal.press("x")
    try terminal.wait { $0.contains("interrupted") }
    let finished = try training.finish()
    #expect(finished.code == 130 && finished.errors.contains("go on with: rlgym train --resume Runs/live"))
    try terminal.press("q", "q")
    try terminal.wait { $0.contains("code 0") }
  }

  @Test func seedsOpenOnAllOfThem() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym train --agent q-learning --steps 3000 --seeds 3; echo code $?")
    try terminal.wait { $0.contains("mean of seeds 0…2") && $0.contains("finished") }
    try terminal.press("Down")
    try terminal.wait { $0.contains("seed 0 ─") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
  }
}
