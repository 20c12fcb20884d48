import Foundation
import Testing

/// A wrong command: it gets one line on standard error, and nothing else happens.
struct Mistake: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  /// What the line must hold: where the mistake is, and what would be right.
  let fragments: [String]
  var code: Int32 = 64
  var input: String?

  init(_ arguments: String, _ fragments: String..., code: Int32 = 64, input: String? = nil) {
    self.arguments = arguments.split(separator: " ").map { $0 == "''" ? "" : String($0) }
    self.fragments = fragments
    self.code = code
    self.input = input
  }

  var testDescription: String { "rlgym " + arguments.joined(separator: " ") }

  func expectOneLine(_ finished: Finished) {
    #expect(finished.code == code, "\(finished.errors)")
    #expect(finished.output == "")
    #expect(finished.errorLines.count == 1 && finished.errors.hasPrefix("rlgym: "), "\(finished.errors)")
    for fragment in fragments { #expect(finished.errors.contains(fragment), "\(finished.errors)") }
  }
}

@Suite struct MistakeTests {
  private static let training: [Mistake] = [
    Mistake("trian", "'trian'", "nearest: train"),
    Mistake("xyzzy", "there is no command 'xyzzy'", "rlgym --help"),
    Mistake("train", "--agent", "rlgym list agents"),
    Mistake("train --agent ddgp", "'ddgp'", "nearest: ddpg"),
    Mistake("train --agent xyzzy", "'xyzzy'", "rlgym list agents"),
    Mistake("train --agent ddpg --env Pendulm-v1", "'Pendulm-v1'", "nearest: Pendulum-v1"),
    Mistake("train --agent ddpg --env CartPole-v1", "ddpg needs", "CartPole-v1 has", "agents that fit"),
    Mistake("train --agent q-learning --env Pendulum-v1", "q-learning needs", "agents that fit: reinforce"),
    Mistake("train --agent q-learning --env Zhao-5x5 --set data=nosuch", "--set: data", "nosuch is no file"),
    Mistake("train --agent q-learning --env Zhao-5x5 --set data=[[0,1]]", "--set: data", "or a list of steps"),
    Mistake("train --agent q-learning --env Zhao-2x2 --set data=[[0,1,0,4,0]]", "its data", "states in 0..<4"),
    Mistake("train --agent dqn --set dueling=true --set actionInput=true", "dqn in", "dueling or actionInput"),
    Mistake("train --agent reinforce --env Acrobot-v1 --set leastProbability=0.5", "3 actions", "at most 0.3"),
    Mistake("train --agent ddpg --env Zhao-5x5", "agents that fit: policy-evaluation, value-iteration"),
    Mistake("train --agent ddpg --bogus", "Unknown option '--bogus'"),
    Mistake("train --agent ddpg extra", "'extra'"),
    Mistake("train --agent", "--agent"),
    Mistake("train --agent ddpg --dashboard maybe", "'maybe'", "'auto', 'on' or 'off'"),
    Mistake("train --agent ddpg --steps 0", "--steps 0", "expected an integer in 1 or more"),
    Mistake("train --agent ddpg --steps -5", "--steps -5", "expected an integer in 1 or more"),
    Mistake("train --agent ddpg --steps abc", "'abc'", "--steps <integer>"),
    Mistake("train --agent ddpg --steps 1.5", "'1.5'", "--steps <integer>"),
    Mistake("train --agent ddpg --steps 99999999999999999999", "--steps <integer>"),
    Mistake("train --agent ddpg --seed -1", "'-1'", "--seed <whole-number>"),
    Mistake("train --agent ddpg --seed 18446744073709551615", "--seed", "expected at most"),
    Mistake("train --agent ddpg --seeds 0", "--seeds 0", "expected 1...10000"),
    Mistake("train --agent ddpg --seeds -1", "--seeds -1", "expected 1...10000"),
    Mistake("train --agent ddpg --seeds 2 --name x", "--name", "--seeds 2"),
    Mistake("train --agent ddpg --threads 0", "--threads 0", "expected 1...256"),
    Mistake("train --agent ddpg --set noequals", "--set noequals", "expected name=value"),
    Mistake("train --agent ddpg --set =1", "--set =1", "expected name=value"),
    Mistake("train --agent ddpg --set discount=", "--set discount=", "expected a value"),
    Mistake("train --agent ddpg --set hidden=[64", "--set hidden=[64", "not YAML"),
    Mistake("train --agent ddpg --set hidden=[0]", "--set: hidden: [0] is not valid", "such as [64, 64]"),
    Mistake("train --agent ddpg --set learningRate=abc", "--set: learningRate: abc", "expected a number in 0.0...10.0"),
    Mistake("train --agent ddpg --set learningRate=nan", "--set: learningRate: nan", "expected a number"),
    Mistake("train --agent ddpg --set learningRate=1e999", "--set: learningRate: 1e999", "expected a number"),
    Mistake("train --agent ddpg --set discount=2", "--set: discount: 2", "expected a number in 0.0...1.0"),
    Mistake("train --agent ddpg --set noise=pink", "--set: noise: pink", "expected one of"),
    Mistake("train --agent ddpg --set nosuch=1", "'nosuch'", "expected one of hidden, batch"),
    Mistake("train --agent ddpg --set discout=1", "'discout'", "nearest: discount"),
    Mistake("train --agent ddpg --set env.x=1", "'env.x'", "expected one of env.gravity"),
    Mistake("train --agent ddpg --set env.gravty=1", "'env.gravty'", "nearest: env.gravity"),
    Mistake("train --agent ddpg --set env.gravity=-1", "env.gravity: -1", "expected a number in 0.0...1000.0"),
    Mistake("train --agent ddpg --set train.steps=0", "train.steps: 0", "expected an integer in 1 or more"),
    Mistake("train --agent ddpg --set train.x=0", "'train.x'", "expected one of train.steps"),
    Mistake("train --agent ddpg --name ../x", "--name", "'../x'", "without '/'"),
    Mistake("train --agent ddpg --name .x", "--name", "'.x'", "does not begin with '.'"),
    Mistake("train --agent ddpg --name ''", "--name", "expected a file name"),
    Mistake("train --agent ddpg --resume x", "--resume", "leave out --agent"),
    Mistake("train --resume x --seed 0", "leave out --seed"),
    Mistake("train --resume x --policy uniform", "leave out --policy"),
    Mistake("train --agent td --policy nosuch", "--policy: policy: nosuch is no file", "there are no runs in Runs yet"),
    Mistake("train --agent td --set policy=nosuch", "--set: policy: nosuch is no file"),
    Mistake("train --agent td --policy [0,0]", "td in SB-random-walk-5: its policy is for 2 states", "one for 7"),
    Mistake("train --agent td --policy [0,0,0,0,0,0,9]", "its policy takes action 9 in state 6", "one of 0..<1"),
    Mistake("train --agent q-learning --policy uniform", "there is no setting 'policy'", "behaviour"),
    Mistake("train --agent q-learning --set behaviour=[1]", "its behaviour is for 1 states; expected one for 48"),
    Mistake("train --agent tree-backup --set n=0", "n: 0 is not valid", "1...1000"),
    Mistake("train --agent q-sigma --set sigma=2", "sigma: 2 is not valid", "0.0...1.0"),
    Mistake("train --agent td --set alpha=2/n", "alpha: 2/n is not valid", "a/(b+n)"),
    Mistake("train --resume x --set discount=0.5", "leave out --set"),
    Mistake("train --resume x", "there are no runs in Runs yet"),
  ]

  private static let others: [Mistake] = [
    Mistake("evaluate x", "there are no runs in Runs yet"),
    Mistake("evaluate", "there are no runs in Runs yet"),
    Mistake("evaluate x --episodes 0", "--episodes 0", "expected 1"),
    Mistake("evaluate x --seed -3", "'-3'", "--seed <whole-number>"),
    Mistake("evaluate x --checkpoint worst", "'worst'", "'latest'", "'best'"),
    Mistake("replay", "there are no runs in Runs yet"),
    Mistake("replay x --speed 0", "--speed 0.0", "expected more than 0"),
    Mistake("watch x", "there are no runs in Runs yet"),
    Mistake("list", "<what>"),
    Mistake("list nosuch", "'nosuch'", "'agents', 'envs', 'runs' or 'experiments'"),
    Mistake("describe", "<subject>"),
    Mistake("describe CliffWalking", "'CliffWalking'", "nearest: CliffWalking-v1"),
    Mistake("describe nosuch.yaml", "nosuch.yaml", "No such file", "expected a grid world"),
    Mistake("describe Pendulum-v1 --transitions", "Pendulum-v1 has no transition table"),
    Mistake("describe Pendulum-v1 --set gravity=1", "--set gravity=1", "expected env.name=value"),
    Mistake("describe Pendulum-v1 --set env.gravity=x", "env.gravity: x", "expected a number"),
    Mistake("compare", "compare needs runs", "--env ID"),
    Mistake("compare x", "there are no runs in Runs yet"),
    Mistake("compare --env CliffWalking-v1", "--env CliffWalking-v1: there are no runs in it in Runs"),
    Mistake("compare x --env CliffWalking-v1", "--env CliffWalking-v1", "leave it out where runs are named"),
    Mistake("compare x --threshold nan", "--threshold nan", "expected a finite number"),
    Mistake("rollout", "--env", "rlgym list envs"),
    Mistake("rollout --env Pendulum", "'Pendulum'", "nearest: Pendulum-v1"),
    Mistake("rollout --env Pendulum-v1 --set discount=1", "--set discount=1", "expected env.name=value"),
    Mistake("rollout --env Pendulum-v1 --steps -1", "--steps -1", "expected 0 or more"),
    Mistake("rollout --env Pendulum-v1 --seed x", "'x'", "--seed <whole-number>"),
    Mistake("rollout --env Pendulum-v1 --state [0]", "--state", "expected [angle in rad, velocity"),
    Mistake("rollout --env Pendulum-v1 --state [0,99]", "--state", "velocity in -8...8"),
    Mistake("rollout --env Pendulum-v1 --state [0,", "--state", "expected a JSON number or list"),
    Mistake("rollout --env CartPole-v1 --state [0,0,0]", "--state", "expected [position, velocity"),
    Mistake("rollout --env CliffWalking-v1 --state 48", "--state", "0..<48"),
    Mistake("rollout --env CliffWalking-v1 --state 1.5", "--state", "0..<48"),
    Mistake("rollout --env Pendulum-v1 --actions none.txt", "none.txt", "No such file"),
    Mistake("rollout --agent x --actions -", "--agent x", "acts by itself"),
    Mistake("rollout --agent x --set env.gravity=1", "--agent x", "acts by itself"),
    Mistake("rollout --agent x", "there are no runs in Runs yet"),
  ]

  @Test(arguments: training + others) func oneLineAndNothingElse(mistake: Mistake) throws {
    let folder = try Folder()
    mistake.expectOneLine(try folder.run(mistake.arguments, input: mistake.input))
    #expect(folder.names(in: ".") == [])
  }

  @Test(arguments: [
    ("NaN", "'NaN'", "expected a JSON number or list of numbers"), ("[0.1", "'[0.1'", "expected a JSON number"),
    ("[1e400]", "[1e400]", "expected a JSON number"), ("[1, 2]", "[1.0, 2.0]", "expected one of Box([-2.0], [2.0])"),
    ("[1e39]", "[1e+39]", "expected one of Box"), ("[]", "[]", "expected one of Box"),
    ("{\"a\": 1}", "{\"a\": 1}", "expected a JSON number"),
  ])
  func wrongActions(action: String, shown: String, expected: String) throws {
    let folder = try Folder()
    let finished = try folder.run(
      "rollout", "--env", "Pendulum-v1", "--actions", "-", "--json", input: "[0.5]\n\n\(action)\n[0]\n")
    #expect(finished.code == 64)
    // What was played before stands.
    #expect(finished.outputLines.count == 2)
    #expect(finished.errorLines.count == 1 && finished.errors.hasPrefix("rlgym: standard input:3: "))
    #expect(finished.errors.contains(shown) && finished.errors.contains(expected), "\(finished.errors)")
  }

  @Test(arguments: ["4", "-1", "1.5", "[0, 1]"]) func wrongMoves(action: String) throws {
    let folder = try Folder()
    try folder.write(action + "\n", to: "moves")
    let finished = try folder.run("rollout", "--env", "CliffWalking-v1", "--actions", "moves")
    #expect(finished.code == 64 && finished.errorLines.count == 1)
    #expect(finished.errors.hasPrefix("rlgym: moves:1: ") && finished.errors.contains("expected one of Discrete(4)"))
  }

  @Test(arguments: [
    ("map: |\n  S.\n  .T\nrewards: { target: abc }\n", "world.yaml:4: ", "expected a finite number"),
    ("map: |\n  S.\n  .T\nrewards: { target: 1\n", "world.yaml:5: ", "not YAML"),
    ("map: |\n  S.\n  .T\ndiscount: 2\n", "world.yaml:4: ", "expected a number from 0.0 to 1.0"),
    ("map: |\n  S.\n  .T\ndiscout: 1\n", "world.yaml:4: ", "expected discount"),
    ("map: |\n  S.\n  .X\n", "world.yaml:3: ", "expected"),
    ("map: |\n  S.\n  ...\n", "world.yaml:3: ", "expected 2"),
    ("map: [1, 2\n", "world.yaml:2: ", "not YAML"), ("", "world.yaml:1: ", "expected a mapping with a map"),
    ("map: |\n  S.\n  .T\n\u{7}", "world.yaml:", "expected"),
  ])
  func wrongWorlds(text: String, place: String, expected: String) throws {
    let folder = try Folder()
    try folder.write(text, to: "world.yaml")
    for command in [
      ["train", "--agent", "q-learning", "--env"], ["describe"], ["rollout", "--env"],
    ] {
      let finished = try folder.run(command + ["world.yaml"])
      #expect((finished.code, finished.output, finished.errorLines.count) == (64, "", 1))
      #expect(finished.errors.hasPrefix("rlgym: " + place) && finished.errors.contains(expected), "\(finished.errors)")
    }
    #expect(folder.names(in: ".") == ["world.yaml"])
  }

  @Test(arguments: [
    ("Pendulum-v1:\n  batch: 16\n  discount: 2\n", "p.yaml:3: discount: 2", "expected a number in 0.0...1.0"),
    ("Pendulum-v1:\n  discoun: 0.9\n", "p.yaml:2: there is no setting 'discoun'", "nearest: discount"),
    ("Pendulum-v1:\n  env.gravity: no\n", "p.yaml:2: env.gravity: no", "expected a number"),
    ("Pendulum-v1:\n  train.steps: 0\n", "p.yaml:2: train.steps: 0", "expected an integer in 1 or more"),
    ("Pendulum-v1:\n  batch: [16\n", "p.yaml:3: ", "not YAML"),
    ("Pendulum-v1:\n  batch: {a: 1}\n", "p.yaml:2: ", "not a mapping"),
    ("Pendulum-v1:\n  batch: 1\n  batch: 2\n", "p.yaml:", "batch twice"),
    ("CartPole-v1:\n  batch: 16\n", "p.yaml: ", "expected the environment's id over its settings"),
    ("- 1\n", "p.yaml:1: ", "expected sections"), ("", "p.yaml: ", "it has no section 'Pendulum-v1'"),
  ])
  func wrongPresets(text: String, place: String, expected: String) throws {
    let folder = try Folder()
    try folder.write(text, to: "p.yaml")
    let finished = try folder.run("train", "--agent", "ddpg", "--preset", "p.yaml")
    #expect((finished.code, finished.output, finished.errorLines.count) == (64, "", 1))
    #expect(finished.errors.hasPrefix("rlgym: " + place) && finished.errors.contains(expected), "\(finished.errors)")
    #expect(folder.names(in: ".") == ["p.yaml"])
  }

  @Test func helpIsNoMistake() throws {
    let folder = try Folder()
    for arguments in [[], ["--help"], ["help"], ["help", "train"], ["train", "--help"], ["--version"]] {
      let finished = try folder.run(arguments)
      #expect(finished.code == 0 && !finished.output.isEmpty && finished.errors == "")
    }
  }
}
