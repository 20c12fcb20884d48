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

  /// Every request from a script, and what is wrong with one in a line; changed, stopped and taken up again from its end or
  /// from its beginning, the run is the same.
  @Test func aLiveRunIsAskedByAScript() throws {
    let folder = try Folder()
    let training = try folder.start(Self.live)
    let log = "Runs/live/log.txt"
    try folder.wait { (try? folder.read("Runs/live/metrics.jsonl").contains("eval/")) == true }
    func ask(_ request: String, until words: String) throws {
      let asked = try folder.run("watch", "live", "--send", request)
      #expect(asked.code == 0 && asked.output == "Runs/live  asked: \(request)\n", "\(asked.errors)")
      try folder.wait { try folder.read(log).contains(words) }
    }
    try ask("pause", until: " paused at step ")
    try ask("set learningRate=0.0005", until: " set learningRate=0.0005 at step ")
    try ask("evaluate", until: " evaluated at step ")
    try ask("checkpoint", until: " saved a checkpoint at step ")
    for (request, words) in [
      ("fly", "'fly' cannot be asked of a run; expected pause, resume, checkpoint, evaluate, stop, or set NAME=NUMBER"),
      ("set batch=3", "'batch' cannot change while a run goes on; expected one of learningRate, actorLearningRate"),
      ("set learningRate=11", "learningRate: 11.0 is not valid; expected a number in 0.0...10.0"),
      ("set learningRate=nan", "learningRate: nan is not valid; expected a number in 0.0...10.0"),
    ] {
      let refused = try folder.run("watch", "live", "--send", request)
      #expect(
        refused.code == 64 && refused.errorLines.count == 1 && refused.errors.contains(words), "\(refused.errors)")
    }
    try ask("resume", until: " continued at step ")
    try ask("stop", until: " interrupted at step ")
    #expect(try training.finish().code == 130)
    let late = try folder.run("watch", "live", "--send", "stop")
    #expect(late.code == 64 && late.errors.contains("is not being trained"))
    #expect(try folder.run("describe", "live").output.contains("changed      learningRate=0.0005 at step "))

    try FileManager.default.createDirectory(at: folder["Runs/again/checkpoints"], withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: folder["Runs/again/episodes"], withIntermediateDirectories: true)
    for name in ["config.yaml", "log.txt"] { try folder.copy("Runs/live/\(name)", to: "Runs/again/\(name)") }
    let stopped = try #require(try folder.read(log).firstMatch(of: /interrupted at step (\d+)/)).output.1
    let steps = "\((Int(stopped)! / 500 + 2) * 500)"
    for run in ["live", "again"] { #expect(try folder.run("train", "--resume", run, "--steps", steps).code == 0) }
    // What was asked for beside the run's own evaluations is in one of them only.
    let asked = try #require(try folder.read(log).firstMatch(of: /evaluated at step (\d+)/)).output.1
    let rows = try folder.read("Runs/live/metrics.jsonl").split(separator: "\n").filter { !$0.contains("eval/asked") }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "Runs/live/metrics.jsonl")
    if Int(asked)! % 500 != 0 { try folder.remove("Runs/live/episodes/\(asked)-0.safetensors") }
    try expectSame(folder, "Runs/live", "Runs/again")
  }

  @Test func aScheduleIsChangedInTheDashboard() throws {
    let folder = try Folder()
    let training = try folder.start(Self.live)
    try folder.wait { (try? folder.read("Runs/live/metrics.jsonl").contains("eval/")) == true }
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym watch live; echo code $?")
    try terminal.wait { $0.contains("● running") }
    try terminal.press("c")
    try terminal.wait { $0.contains("learningRate, now [0.003, 0.0002, 10000], from here on: ▏") }
    try terminal.press("Down", "0", ".", "7", "BSpace", "5", "Enter")
    try folder.wait { try folder.read("Runs/live/log.txt").contains(" set actorLearningRate=0.5 at step ") }
    try terminal.wait { $0.contains("┆ actorLearningRate=0.5 from ") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
    training.send(SIGTERM)
    #expect(try training.finish().code == 130)
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
