import Foundation
import Testing

/// Pairs of clips and what is learned from them, through the command line and the disk.
@Suite struct PreferenceTests {
  struct Report: Decodable, Equatable {
    let preferences: String
    let pairs: Int
  }

  private static let synthetic = ["--labeler", "synthetic", "--temperature", "20", "--json"]

  /// A folder with a policy that is far from good, in `Runs/poor`.
  private func folder() throws -> Folder {
    let folder = try Folder()
    let trained = try folder.run(
      "train", "--agent", "ppo", "--steps", "2000", "--name", "poor", "--set", "train.evaluateEvery=2000")
    #expect(trained.code == 0, "\(trained.errors)")
    return folder
  }

  @Test func labelsLearnsAndPlays() throws {
    let folder = try folder()
    let labelled = try folder.run(["label", "poor", "--pairs", "40"] + Self.synthetic)
    #expect(try labelled.json(as: Report.self) == Report(preferences: "Runs/poor/preferences", pairs: 40))
    let learned = try folder.run(
      "train", "--agent", "dpo", "--set", "preferences=Runs/poor/preferences", "--set", "reference=poor", "--name",
      "tuned", "--steps", "30", "--set", "batch=8")
    #expect(learned.code == 0 && learned.output.hasPrefix("Runs/tuned  30 steps"), "\(learned.errors)")
    let rows = try folder.read("Runs/tuned/metrics.jsonl")
    for tag in ["rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen"] {
      #expect(rows.contains("\"\(tag)\""))
    }
    // It is played without its pairs and reference, and is a policy to label or to learn from again.
    try folder.run(program: "/bin/mv", "Runs/poor", "Runs/gone").map { #expect($0 == 0) }
    #expect(try folder.run("evaluate", "tuned", "--episodes", "5").code == 0)
    let again = try folder.run(["label", "tuned", "--pairs", "4"] + Self.synthetic)
    #expect(try again.json(as: Report.self).pairs == 4)
    let resumed = try folder.run("train", "--resume", "tuned", "--steps", "60")
    #expect(resumed.code == 64 && resumed.errorLines.count == 1)
  }

  /// Labelling in two sittings gives the same files as in one; so does another machine's crash in between.
  @Test func goesOn() throws {
    let folder = try folder()
    let whole = try folder.run(["label", "poor", "--pairs", "30", "--out", "whole"] + Self.synthetic)
    #expect(whole.code == 0)
    #expect(try folder.run(["label", "poor", "--pairs", "9", "--out", "parts"] + Self.synthetic).code == 0)
    let half = try folder.data("parts/pairs.jsonl")
    try (half + Data("{\"pair\":9,\"le".utf8)).write(to: folder["parts/pairs.jsonl"])
    #expect(try folder.run(["label", "poor", "--pairs", "30", "--out", "parts"] + Self.synthetic).code == 0)
    #expect(try folder.data("parts/pairs.jsonl") == folder.data("whole/pairs.jsonl"))
    for name in folder.names(in: "whole/clips") {
      #expect(try folder.data("parts/clips/\(name)") == folder.data("whole/clips/\(name)"))
    }
    Mistake("label poor --pairs 40 --out parts --labeler synthetic --seed 5", "was begun with seed 0, not 5")
      .expectOneLine(
        try folder.run("label", "poor", "--pairs", "40", "--out", "parts", "--labeler", "synthetic", "--seed", "5"))
  }

  /// A trained run that is resumed ends as one that never stopped.
  @Test func resumes() throws {
    let folder = try folder()
    #expect(try folder.run(["label", "poor", "--pairs", "20"] + Self.synthetic).code == 0)
    let common = [
      "train", "--agent", "dpo", "--set", "preferences=Runs/poor/preferences", "--set", "reference=poor", "--set",
      "batch=8", "--set", "loss=kto",
    ]
    #expect(try folder.run(common + ["--name", "whole", "--steps", "20"]).code == 0)
    #expect(try folder.run(common + ["--name", "parts", "--steps", "7"]).code == 0)
    #expect(try folder.run("train", "--resume", "parts", "--steps", "20").code == 0)
    #expect(
      try folder.data("Runs/parts/checkpoints/latest.safetensors").suffix(20_000)
        == folder.data("Runs/whole/checkpoints/latest.safetensors").suffix(20_000))
  }

  @Test func clones() throws {
    let folder = try folder()
    let cloned = try folder.run("train", "--agent", "bc", "--set", "data=poor", "--name", "clone", "--steps", "50")
    #expect(cloned.code == 0, "\(cloned.errors)")
    #expect(try folder.run(["label", "poor", "--pairs", "5"] + Self.synthetic).code == 0)
    let other = try folder.run(
      "train", "--agent", "bc", "--set", "data=Runs/poor/preferences", "--set", "reference=clone", "--steps", "20")
    #expect(other.code == 0, "\(other.errors)")
  }

  /// A reward model from pairs, and a policy trained on it, which needs no other folder to be resumed and played.
  @Test func learnsFromAModelOfRewards() throws {
    let folder = try folder()
    #expect(try folder.run(["label", "poor", "--pairs", "60"] + Self.synthetic).code == 0)
    let learned = try folder.run(
      "train", "--agent", "reward-model", "--set", "preferences=Runs/poor/preferences", "--name", "model", "--steps",
      "60", "--set", "hidden=[16]")
    #expect(learned.code == 0, "\(learned.errors)")
    let rows = try folder.read("Runs/model/metrics.jsonl")
    for tag in ["train/loss", "reward_model/loss", "reward_model/accuracy", "reward_model/calibration_error"] {
      #expect(rows.contains("\"\(tag)\""))
    }
    #expect(try folder.run("evaluate", "model").code == 0)
    let choice = ["--pairing", "disagreement", "--reward-model", "model", "--out", "hard"]
    let chosen = try folder.run(["label", "poor", "--pairs", "10"] + choice + Self.synthetic)
    #expect(try chosen.json(as: Report.self).pairs == 10)

    let rewarded = [
      "train", "--agent", "ppo", "--set", "env.reward=model", "--set", "reference=poor", "--set", "klWeight=0.1",
      "--set", "train.checkpointEvery=1024",
    ]
    let whole = try folder.run(rewarded + ["--name", "whole", "--steps", "4096"])
    #expect(whole.code == 0, "\(whole.errors)")
    #expect(try folder.read("Runs/whole/metrics.jsonl").contains("\"train/kl\""))
    #expect(try folder.run(rewarded + ["--name", "parts", "--steps", "2048"]).code == 0)
    for name in ["poor", "model"] { try folder.run(program: "/bin/rm", "-r", "Runs/\(name)").map { #expect($0 == 0) } }
    #expect(try folder.run("train", "--resume", "parts", "--steps", "4096").code == 0)
    #expect(
      try folder.data("Runs/parts/checkpoints/latest.safetensors").suffix(20_000)
        == folder.data("Runs/whole/checkpoints/latest.safetensors").suffix(20_000))
    // It is judged by the world's own rewards, one a step.
    let played = try folder.run("evaluate", "whole", "--episodes", "3")
    #expect(played.code == 0, "\(played.errors)")
    #expect(try folder.run("replay", "whole", "--verify").code == 0)
  }

  /// Pairs of the episodes that a run has saved, until there are no more.
  @Test func labelsSavedEpisodes() throws {
    let folder = try folder()
    let trained = try folder.run(
      "train", "--agent", "ppo", "--steps", "4096", "--name", "longer", "--set", "train.evaluateEvery=512")
    #expect(trained.code == 0)
    let labelled = try folder.run(["label", "longer", "--clips", "saved", "--pairs", "1000"] + Self.synthetic)
    let pairs = try labelled.json(as: Report.self).pairs
    #expect((5...28).contains(pairs))
    let two = try folder.run(["label", "longer", "poor", "--clips", "saved", "--out", "two"] + Self.synthetic)
    #expect(try (1...8).contains(two.json(as: Report.self).pairs))
    Mistake("label poor --clips saved --labeler synthetic", "no two saved episodes of poor begin in the same state")
      .expectOneLine(try folder.run("label", "poor", "--clips", "saved", "--labeler", "synthetic"))
  }

  /// Rounds of its own pairs need a reference alone, and end of themselves.
  @Test func learnsInRounds() throws {
    let folder = try folder()
    let rounds = [
      "train", "--agent", "dpo", "--set", "reference=poor", "--set", "rounds=2", "--set", "pairs=20", "--set",
      "epochs=3", "--set", "batch=10",
    ]
    let whole = try folder.run(rounds + ["--name", "whole"])
    #expect(whole.code == 0 && whole.output.hasPrefix("Runs/whole  12 steps"), "\(whole.errors)")
    #expect(try folder.run(rounds + ["--name", "parts", "--steps", "8"]).code == 0)
    try folder.run(program: "/bin/rm", "-r", "Runs/poor").map { #expect($0 == 0) }
    #expect(try folder.run("train", "--resume", "parts", "--steps", "12").code == 0)
    #expect(
      try folder.data("Runs/parts/checkpoints/latest.safetensors").suffix(20_000)
        == folder.data("Runs/whole/checkpoints/latest.safetensors").suffix(20_000))
  }

  @Test func mistakes() throws {
    let folder = try folder()
    #expect(try folder.run(["label", "poor", "--pairs", "5", "--out", "pairs"] + Self.synthetic).code == 0)
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "table").code == 0)
    #expect(
      try folder.run(
        ["label", "poor", "--pairs", "3", "--ties", "half", "--tie-margin", "1000", "--out", "ties"] + Self.synthetic
      ).code == 0)
    let dpo = "train --agent dpo --set preferences=pairs"
    for mistake in [
      Mistake("label poor", "--labeler human needs a terminal"),
      Mistake("label poor --pairs 0 --labeler synthetic", "--pairs 0: expected 1...10000000"),
      Mistake("label poor --temperature -1 --labeler synthetic", "--temperature -1.0"),
      Mistake("label poor table --pairs 3 --labeler synthetic", "table plays CliffWalking-v1; expected CartPole-v1"),
      Mistake(
        "label poor --pairs 3 --labeler synthetic --tie-margin 1000 --out t", "all ", " pairs tie", "--tie-margin"),
      Mistake("label poor --pairing disagreement --labeler synthetic", "needs --reward-model RUN"),
      Mistake("label poor --reward-model x --labeler synthetic", "--reward-model is for --pairing disagreement"),
      Mistake("label poor --clips saved --by advantage --labeler synthetic", "expected --clips rollouts"),
      Mistake(
        "label poor --pairing disagreement --reward-model poor --labeler synthetic",
        "--reward-model: poor is of ppo; expected a run of reward-model"),
      Mistake("train --agent reward-model", "reward-model needs --set preferences="),
      Mistake("train --agent ppo --set env.reward=none", "--set env.reward: there is no run 'none'"),
      Mistake("train --agent ppo --set env.reward=poor", "poor is of ppo; expected a run of reward-model"),
      Mistake("train --agent ppo --set reference=none", "--set reference: there is no run 'none'"),
      Mistake("train --agent grpo --set reference=poor --env Acrobot-v1", "its policy has", "in Acrobot-v1"),
      Mistake("train --agent dpo", "dpo needs --set preferences="),
      Mistake("train --agent dpo --set preferences=none", "--set preferences: none holds no pairs.jsonl, and"),
      Mistake(dpo + " --set reference=none", "there is no run 'none'"),
      Mistake(dpo + " --set reference=table", "table is of q-learning, which has no policy network"),
      Mistake(dpo + " --set reference=poor --set hidden=[8]", "hidden: [8] is not the reference's", "[64, 64]"),
      Mistake(dpo + " --env Acrobot-v1", "its clips are of CartPole-v1; expected Acrobot-v1"),
      Mistake(dpo + " --set reference=poor --env Acrobot-v1", "its policy has", "expected", "in Acrobot-v1"),
      Mistake("train --agent dpo --set preferences=ties", "all 3 pairs are ties"),
    ] {
      mistake.expectOneLine(try folder.run(mistake.arguments))
    }
    try folder.write("", to: "pairs/pairs.jsonl")
    Mistake(dpo, "it has no pairs with a preference").expectOneLine(
      try folder.run("train", "--agent", "dpo", "--set", "preferences=pairs"))
  }
}
