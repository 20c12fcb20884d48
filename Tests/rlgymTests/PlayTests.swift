import Foundation
import Testing

/// A person at the keyboard.
@Suite(.enabled(if: Terminal.program != nil)) struct PlayTests {
  @Test func aGameIsSavedAndCanBeReplayed() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym play CliffWalking-v1 --seed 3; echo code $?")
    try terminal.wait { $0.contains("CliffWalking-v1") && $0.contains("your move") }
    try terminal.press("Up")
    for _ in 0..<11 { try terminal.press("Right") }
    try terminal.wait { $0.contains("step 12") && $0.contains("return -12.00") }
    try terminal.press("Down")
    try terminal.wait { $0.contains("terminated") && $0.contains("saved CliffWalking-v1__s3.safetensors") }
    try terminal.press("Enter")
    try terminal.wait { $0.contains("step 0") && $0.contains("your move") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") && $0.contains("13 steps, return -13.00") }
    #expect(folder.names(in: "Demonstrations") == ["CliffWalking-v1__s3.safetensors"])
    let file = "Demonstrations/CliffWalking-v1__s3.safetensors"
    let replayed = try folder.run("replay", file)
    #expect(replayed.output.contains("CliffWalking-v1 · human · seed 3  t 13/13  return -13.00  terminated"))
    #expect(try folder.run("replay", file, "--verify").output.contains("13 steps: as recorded, to the bit"))
  }

  @Test func physicsGoesOnByItself() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym play Pendulum-v1; echo code $?")
    try terminal.wait { $0.contains("paused") }
    try terminal.press("+", "+", "+", "+", "Right")
    try terminal.wait { $0.contains("truncated") && $0.contains("saved Pendulum-v1__s0.safetensors") }
    try terminal.press("q")
    try terminal.wait { $0.contains("code 0") }
  }

  @Test func whatAKeyboardCannotPlay() throws {
    let folder = try Folder()
    let terminal = try Terminal(in: folder)
    try terminal.type("rlgym play Reacher; echo code $?")
    try terminal.wait { $0.contains("code 64") && $0.contains("a keyboard plays") }
    let piped = try folder.run("play", "CartPole-v1")
    #expect(piped.code == 64 && piped.errorLines.count == 1 && piped.errors.contains("rlgym rollout"))
  }
}
