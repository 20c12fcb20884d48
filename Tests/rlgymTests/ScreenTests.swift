import Foundation
import Testing

/// The dashboard and the replay on a real terminal.
@Suite(.enabled(if: Terminal.program != nil)) struct ScreenTests {
  /// Goes on until somebody stops it.
  private static let long =
    "rlgym train --agent ddpg --steps 3000000 --set 'hidden=[16, 16]' --set batch=16 --set warmup=500"
    + " --set train.evaluationEpisodes=2 --name run"
  private static let short = long.replacingOccurrences(of: "3000000", with: "4000")

  private func isDashboard(_ screen: String) -> Bool {
    screen.contains("q quit") && screen.contains("Pendulum-v1") && screen.contains("return")
  }

  /// Expects the terminal to be as a shell wants it.
  private func expectRestored(_ terminal: Terminal, place: SourceLocation = #_sourceLocation) throws {
    #expect(try terminal.flag("cursor_flag"), sourceLocation: place)
    #expect(try !terminal.flag("alternate_on"), sourceLocation: place)
    try terminal.type("stty -a | tr ' ;' '\\n\\n' | grep -cx -e echo -e icanon -e isig")
    try terminal.wait(place) { $0.contains("\n3\n") }
  }

  @Test func appearsShrinksAndLeavesTrainingAlone() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type(Self.long + "; echo code $?")
    let full = try terminal.wait { isDashboard($0) && $0.contains("eval") }
    #expect(full.split(separator: "\n", omittingEmptySubsequences: false).count >= 24)
    #expect(try terminal.flag("alternate_on"))

    try terminal.resize(width: 20, height: 5)
    let small = try terminal.wait { $0.contains("return") && $0.contains("eval") && !$0.contains("q quit") }
    #expect(small.split(separator: "\n").allSatisfy { $0.count <= 20 })
    try terminal.resize(width: 80, height: 24)
    try terminal.wait(until: isDashboard)
    try terminal.press("?")
    try terminal.wait { $0.contains("keys") && $0.contains("pause or play the episode") }
    try terminal.press("Space", "Right", "Left", "Up", "Down", "+", "-")
    try terminal.wait(until: isDashboard)

    // q leaves the screen, not the training.
    try terminal.press("q")
    try terminal.wait { $0.contains("training goes on; Ctrl-C saves and stops") }
    #expect(try !terminal.flag("alternate_on"))
    let before = try folder.read("Runs/run/metrics.jsonl").count
    try folder.wait { try folder.read("Runs/run/metrics.jsonl").count > before + 500 }
    try terminal.press("C-c")
    try terminal.wait { $0.contains("go on with: rlgym train --resume Runs/run") && $0.contains("code 130") }
    try expectRestored(terminal)
  }

  @Test func controlCSavesAndRestoresTheTerminal() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type(Self.long + "; echo code $?")
    try terminal.wait { isDashboard($0) && folder.has("Runs/run/checkpoints/latest.safetensors") }
    try terminal.press("C-c")
    let screen = try terminal.wait { $0.contains("code 130") }
    #expect(screen.contains("stopped and saved at step "))
    #expect(!screen.contains("q quit"))
    try expectRestored(terminal)
    #expect(try folder.run("evaluate", "run", "--episodes", "2").code == 0)
    #expect(try folder.read("Runs/run/log.txt").contains("interrupted at step "))
  }

  @Test func staysWhenTrainingIsOverAndIsTheSameRun() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type(Self.short + "; echo code $?")
    try terminal.wait { isDashboard($0) && $0.contains("finished") }
    try terminal.press("q")
    let screen = try terminal.wait { $0.contains("code 0") }
    #expect(screen.contains("Runs/run  4000 steps in "))
    try expectRestored(terminal)
    // Watching changes nothing.
    let command = Quick.ddpg.map { $0 == "6000" ? "4000" : $0 }
    #expect(try folder.run(command + ["--name", "unwatched"]).code == 0)
    try expectSame(folder, "Runs/run", "Runs/unwatched")
  }

  @Test func watchesFromAnotherTerminal() throws {
    let folder = try Folder()
    let training = try folder.start(Quick.ddpg + ["--steps", "3000000", "--name", "run"])
    try folder.wait { (try? folder.read("Runs/run/metrics.jsonl").contains("eval/")) == true }
    let terminal = try Terminal(in: folder, width: 100, height: 30)
    try terminal.type("rlgym watch run; echo code $?")
    let first = try terminal.wait { isDashboard($0) && $0.contains("running") }
    try terminal.wait { isDashboard($0) && $0 != first }
    training.send(SIGKILL)
    _ = try training.finish()
    try terminal.wait { $0.contains("stopped") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
    try expectRestored(terminal)
  }

  @Test func replaysWithKeys() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym replay run --speed 0.05; echo code $?")
    try terminal.wait { $0.contains("step 0/13") && $0.contains("CliffWalking-v1") }
    try terminal.press("Space")
    try terminal.wait { $0.contains("paused") }
    try terminal.press(".", ".", ".")
    try terminal.wait { $0.contains("step 3/13") }
    try terminal.press(",")
    try terminal.wait { $0.contains("step 2/13") }
    try terminal.press("End")
    try terminal.wait { $0.contains("step 13/13") && $0.contains("terminated") }
    try terminal.press("5")
    try terminal.wait { $0.contains("step 6/13") }
    try terminal.press("Home")
    try terminal.wait { $0.contains("step 0/13") }
    try terminal.press("?")
    try terminal.wait { $0.contains("a step back or forward") }
    try terminal.press("x", "n")
    try terminal.wait { $0.contains("episode 2/20") }
    try terminal.resize(width: 20, height: 5)
    try terminal.wait { $0.contains("t 0/") && $0.contains("return") }
    try terminal.resize(width: 80, height: 24)
    try terminal.wait { $0.contains("episode 2/20") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
    try expectRestored(terminal)
  }

  /// At a step of a recording a person takes over, ends elsewhere, and comes back to the recording.
  @Test func aReplayIsGoneOnWithByHand() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let before = try folder.data("Runs/run/episodes/20000-0.safetensors")
    let terminal = try Terminal(in: folder, width: 120)
    try terminal.type("rlgym replay run --speed 0.05; echo code $?")
    try terminal.wait { $0.contains("step 0/13") && $0.contains("TD error") && $0.contains("w worst TD error") }
    try terminal.press("w")
    try terminal.wait { $0.contains("paused") }
    try terminal.press("Home", ".", ".", ".", "b")
    try terminal.wait { $0.contains("from step 3 of CliffWalking-v1") && $0.contains("your move") }
    // Into the cliff, and back at the start: the game goes on.
    try terminal.press("Down")
    try terminal.wait { $0.contains("step 4") && $0.contains("return -103.0") }
    try terminal.press("s")
    try terminal.wait { $0.contains("saved CliffWalking-v1__s20000.safetensors") }
    try terminal.press("Escape")
    try terminal.wait { $0.contains("step 3/13") && $0.contains("paused") }
    try terminal.press("End", "b")
    try terminal.wait { $0.contains("the episode is over here") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") && $0.contains("4 steps, return -103.00") }
    #expect(try folder.data("Runs/run/episodes/20000-0.safetensors") == before)
    let file = "Demonstrations/CliffWalking-v1__s20000.safetensors"
    #expect(try folder.run("replay", file, "--verify").output.contains("4 steps: as recorded, to the bit"))
  }

  @Test func controlCEndsAReplay() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--steps", "1000", "--name", "run").code == 0)
    let terminal = try Terminal(in: folder)
    for command in ["replay", "watch"] {
      try terminal.type("clear; rlgym \(command) run; echo \(command) $?")
      try terminal.wait { $0.contains("q quit") }
      try terminal.press("C-c")
      try terminal.wait { $0.contains("\(command) 130") }
    }
    try expectRestored(terminal)
  }

  @Test func aDumbTerminalGetsPlainLines() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder, height: 50)
    try terminal.type("TERM=dumb " + Self.short + "; echo code $?")
    let screen = try terminal.wait { $0.contains("code 0") }
    #expect(screen.contains("step 4000/4000 (100%)"))
    #expect(screen.contains("Runs/run  4000 steps in "))
    #expect(!screen.contains("q quit"))
    for (command, text) in [("watch", "run  step 4000/4000"), ("replay", "return ")] {
      try terminal.type("clear; TERM=dumb rlgym \(command) run; echo \(command) $?")
      let screen = try terminal.wait { $0.contains("\(command) 0") }
      #expect(screen.contains(text) && !screen.contains("q quit"))
    }
  }

  /// On a terminal one line grows; in a file there is a line each time, without a control in it.
  @Test func withoutADashboardOneLineGrows() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder, width: 100)
    try terminal.type(Self.short + " --dashboard off; echo code $?")
    let screen = try terminal.wait { $0.contains("code 0") }
    let lines = screen.split(separator: "\n").filter { $0.contains("step ") }
    #expect(lines.count == 1 && lines[0].hasPrefix("████████████ step 4000/4000 (100%)"), "\(screen)")
    try terminal.type(
      "clear; \(Self.short.replacingOccurrences(of: "run", with: "other")) --dashboard off 2> log; echo done $?")
    try terminal.wait { $0.contains("done 0") }
    let log = try folder.read("log")
    #expect(log.contains("step 4000/4000 (100%)") && !log.contains("\u{1B}") && !log.contains("\r"))
  }

  @Test func aTerminalThatNobodyKnows() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type("TERM=no-such-terminal " + Self.short + "; echo code $?")
    let screen = try terminal.wait { $0.contains("code 0") }
    #expect(screen.contains("no dashboard: the terminal 'no-such-terminal' cannot show a dashboard"))
    #expect(screen.contains("Runs/run  4000 steps in "))
  }

  @Test func noColour() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "run"]).code == 0)
    let terminal = try Terminal(in: folder)
    // An escape sequence that sets a colour: 30–38, 40–48, 90–97, 100–107.
    let colour = /\u{1B}\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/
    for (setting, isColoured) in [("", true), ("NO_COLOR=1 ", false)] {
      try terminal.type("clear; \(setting)TERM=screen-256color rlgym watch run")
      try terminal.wait(until: isDashboard)
      #expect(try terminal.styledScreen.contains(colour) == isColoured)
      try terminal.press("q")
      try terminal.wait { !$0.contains("q quit") }
    }
  }

  /// A run to look at, in a folder of its own.
  private func watched() throws -> Folder {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "run"]).code == 0)
    return folder
  }

  /// The program dies on the spot, as by a bug of its own.
  @Test(arguments: [("ABRT", 134), ("SEGV", 139), ("TERM", 130)]) func aCrashGivesTheTerminalBack(
    _ signal: String, _ code: Int
  ) throws {
    let folder = try watched()
    let terminal = try Terminal(in: folder, height: 50)
    try terminal.type("SWIFT_BACKTRACE=enable=no sh -c 'echo $$ > pid; exec rlgym watch run'; echo code $?")
    try terminal.wait(until: isDashboard)
    let process = try #require(Int32(try folder.read("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
    kill(process, try #require(["ABRT": SIGABRT, "SEGV": SIGSEGV, "TERM": SIGTERM][signal]))
    try terminal.wait { $0.contains("code \(code)") }
    try expectRestored(terminal)
    #expect(try !terminal.flag("mouse_any_flag"))
  }

  @Test func controlZAndBack() throws {
    let terminal = try Terminal(in: watched())
    try terminal.type("set -m; rlgym watch run; echo code $?")
    try terminal.wait(until: isDashboard)
    #expect(try terminal.flag("mouse_any_flag"))
    try terminal.press("C-z")
    try terminal.wait { $0.contains("Stopped") && !$0.contains("q quit") }
    #expect(try terminal.flag("cursor_flag") && !terminal.flag("alternate_on") && !terminal.flag("mouse_any_flag"))
    try terminal.type("fg")
    try terminal.wait(until: isDashboard)
    #expect(try terminal.flag("mouse_any_flag") && terminal.flag("alternate_on"))
    try terminal.press("q")
    try terminal.wait { !$0.contains("q quit") }
    try expectRestored(terminal)
  }

  /// A click on a panel chooses it, another shows it alone; z and a digit do it from the keyboard.
  @Test func panelsByMouseAndKeys() throws {
    let terminal = try Terminal(in: watched())
    // Bytes may come one by one here, and on a busy machine far apart.
    try terminal.type("ESCDELAY=5000 rlgym watch run; echo code $?")
    try terminal.wait { isDashboard($0) && $0.contains("throughput") && $0.contains("near-optimal -137.8") }
    try terminal.click(x: 70, y: 22, times: 2)
    try terminal.wait { $0.contains("throughput") && !$0.contains("learning curve") && $0.contains("z all panels") }
    #expect(try terminal.screen.contains("replay"))
    try terminal.press("z")
    try terminal.wait { $0.contains("throughput") && $0.contains("learning curve") }
    try terminal.press("4")
    try terminal.wait { !$0.contains("throughput") && $0.contains("learning curve") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
    try expectRestored(terminal)
  }

  /// Without UTF-8, and on a console whose font has no braille, all glyphs are ASCII; as many colours as TERM or COLORTERM say.
  @Test(arguments: [
    ("TERM=linux", true, false), ("TERM=xterm", false, false), ("TERM=screen", false, false),
    ("TERM=screen LC_ALL=C LANG=C", true, false), ("TERM=screen COLORTERM=truecolor", false, true),
  ])
  func terminalsAndLocales(_ setting: String, _ isASCII: Bool, _ hasMany: Bool) throws {
    let terminal = try Terminal(in: watched())
    try terminal.type("clear; \(setting) rlgym watch run; echo code $?")
    // This terminal is none of those, and may lose its first line where it takes another for the last.
    let screen = try terminal.wait { $0.contains("q quit") && $0.contains("near-optimal") }
    #expect(screen.unicodeScalars.allSatisfy(\.isASCII) == isASCII, "\(screen)")
    // One of 256 is set by 38;5.
    #expect(try terminal.styledScreen.contains("38;5;") == hasMany)
    try terminal.press("q")
    // A console has no second screen that the first could come back from.
    try terminal.wait { $0.contains("code 0") }
    try expectRestored(terminal)
  }
}
