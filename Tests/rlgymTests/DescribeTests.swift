import Foundation
import Testing

@Suite struct DescribeTests {
  /// A finite world's model as Gymnasium has it.
  private struct Model: Decodable, Equatable {
    struct Outcome: Decodable, Equatable {
      let probability: Double
      let next: Int
      let reward: Double
      let terminated: Bool

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        (probability, next) = (try row.decode(Double.self), try row.decode(Int.self))
        (reward, terminated) = (try row.decode(Double.self), try row.decode(Bool.self))
      }
    }

    let states: Int
    let actions: Int
    let initial: [Double]
    let model: [[[Outcome]]]

    enum CodingKeys: String, CodingKey {
      case states, actions, initial
      case model = "P"
    }
  }

  @Test(arguments: [
    ("CliffWalking-v1", [], "CliffWalking-v1"), ("FrozenLake-v1", [], "FrozenLake-v1-4x4"),
    ("FrozenLake-v1", ["--set", "env.slippery=false"], "FrozenLake-v1-4x4-dry"),
  ])
  func transitionsAreGymnasiums(id: String, sets: [String], fixture: String) throws {
    let folder = try Folder()
    let finished = try folder.run(["describe", id, "--transitions", "--json"] + sets)
    #expect(finished.code == 0 && finished.outputLines.count == 1 && finished.errors == "")
    #expect(try finished.keys() == ["states", "actions", "initial", "P"])
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "EnvironmentsTests/Fixtures")
    let data = try Data(contentsOf: fixtures.appending(path: fixture + ".json"))
    #expect(try finished.json(as: Model.self) == JSONDecoder().decode(Model.self, from: data))
  }

  @Test func transitionsOfAFile() throws {
    let folder = try Folder()
    try folder.write("map: |\n  S.\n  .T\nslip: 0.25\n", to: "small.yaml")
    let model = try folder.run("describe", "small.yaml", "--transitions").json(as: Model.self)
    #expect((model.states, model.actions, model.initial) == (4, 4, [1, 0, 0, 0]))
    let sums = model.model.flatMap { $0 }.map { $0.map(\.probability).reduce(0, +) }
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-12 })
    let dry = try folder.run("describe", "small.yaml", "--transitions", "--set", "env.slip=0").json(as: Model.self)
    #expect(dry != model)
  }

  @Test func everyIdIsDescribed() throws {
    let folder = try Folder()
    struct Items: Decodable {
      struct Item: Decodable { let id: String }
      let agents: [Item]?
      let envs: [Item]?
    }
    for what in ["agents", "envs"] {
      let listed = try folder.run("list", what, "--json").json(as: Items.self)
      let items = listed.agents ?? listed.envs ?? []
      #expect(items.count >= 3)
      for item in items {
        let text = try folder.run("describe", item.id)
        #expect(text.code == 0 && text.output.hasPrefix(item.id + ": ") && text.errors == "")
        let json = try folder.run("describe", item.id, "--json")
        #expect(json.code == 0 && json.outputLines.count == 1)
        #expect(try json.keys().isSuperset(of: ["id", "summary", "settings"]))
      }
    }
  }

  @Test func aRunSaysHowItStands() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.valueIteration + ["--name", "run"]).code == 0)
    struct Report: Decodable {
      let agent: String
      let env: String
      let steps: Int
      let status: String
      let bestReward: Double
    }
    let report = try folder.run("describe", "run", "--json").json(as: Report.self)
    #expect((report.agent, report.env, report.steps) == ("value-iteration", "Zhao-5x5", 241))
    #expect(report.status == "finished")
    let text = try folder.run("describe", "Runs/run").output
    #expect(text.contains("command      rlgym train --agent value-iteration"))
  }

  @Test func aGridWorldsRunShowsWhatItFoundAndHow() throws {
    let folder = try Folder()
    let training = ["train", "--agent", "q-learning", "--env", "Zhao-5x5", "--steps", "5000", "--name", "learnt"]
    #expect(try folder.run(training).code == 0)
    struct Counts: Decodable { let visits: [Int] }
    let counts = try JSONDecoder().decode(Counts.self, from: folder.data("Runs/learnt/solution.json"))
    #expect(counts.visits.count == 25 && counts.visits.reduce(0, +) == 5000)
    let learnt = try folder.run("describe", "learnt")
    #expect(learnt.code == 0 && learnt.errors == "")
    // The two grids stand side by side.
    #expect(learnt.output.contains(/values and best actions +visits, estimated\n/))
    let most = try #require(counts.visits.max())
    let shown = most < 1000 ? "\(most)" : "\(most / 1000)," + String("\(1000 + most % 1000)".dropFirst())
    #expect(learnt.output.contains(shown), "\(learnt.output)")
    for words in ["settings     alpha=0.1", "train.steps=5000", "learning curve", "evaluation", "steps"] {
      #expect(learnt.output.contains(words), "\(words) in\n\(learnt.output)")
    }
    #expect(!learnt.output.contains("\u{1b}"))

    #expect(try folder.run(Quick.valueIteration + ["--name", "planned"]).code == 0)
    let planned = try folder.run("describe", "planned").output
    for words in ["values and best actions", "  3.49  │", "→↓", "residual", "1e-10", "sweeps"] {
      #expect(planned.contains(words), "\(words) in\n\(planned)")
    }
    #expect(!planned.contains("visits") && !planned.contains("learning curve"))

    try folder.data("Runs/learnt/solution.json").prefix(100).write(to: folder["Runs/learnt/solution.json"])
    let damaged = try folder.run("describe", "learnt")
    #expect(damaged.code == 0 && damaged.errorLines.count == 1 && damaged.errors.contains("solution.json: expected"))
    #expect(damaged.output.contains("learning curve") && !damaged.output.contains("visits"))
  }

  /// What the pages print is drawn as pictures: maps, state values and charts of a run, the first state of an environment.
  @Test func asPictures() throws {
    let folder = try Folder()
    func draw(_ subject: String) throws -> String {
      let drawn = try folder.run("describe", subject, "--svg", "out.svg")
      #expect(drawn.code == 0 && drawn.output == "" && drawn.errors == "wrote out.svg\n", "\(drawn.errors)")
      let text = try folder.read("out.svg")
      #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n") && text.contains("prefers-color-scheme:dark"))
      return text
    }
    #expect(try folder.run(Quick.qLearning + ["--name", "table"]).code == 0)
    let table = try draw("table")
    for words in ["values and best actions", "visits, estimated", "learning curve", ">evaluation<"] {
      #expect(table.contains(words), "\(words)")
    }
    #expect(try folder.run(Quick.ddpg + ["--name", "deep"]).code == 0)
    let deep = try draw("deep")
    for words in ["state values", "learning curve", ">train/critic_loss<", "#fde725"] { #expect(deep.contains(words)) }
    #expect(!deep.contains("values and best actions"))
    #expect(try draw("Zhao-5x5").contains("class=\"cell target\""))
    #expect(try draw("Pendulum-v1").contains("<circle"))
    let wrong = try folder.run("describe", "ddpg", "--svg", "out.svg")
    #expect(wrong.code == 64 && wrong.errorLines.count == 1 && wrong.errors.contains("a run or an environment"))
  }

  @Test func anotherRunShowsItsCurve() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "deep"]).code == 0)
    let text = try folder.run("describe", "deep").output
    for words in ["hidden=[16, 16]", "learning curve", "training", "return", "train/critic_loss"] {
      #expect(text.contains(words), "\(words) in\n\(text)")
    }
    #expect(!text.contains("values and best actions"))
  }
}
