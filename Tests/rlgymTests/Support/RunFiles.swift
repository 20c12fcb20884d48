import Foundation
import Testing

/// The files of a run that its seed and settings decide: what must be the same to the byte.
struct RunFiles {
  /// Without times.
  let metrics: String
  /// Checkpoints, episodes and the solution, by their paths in the run.
  let files: [String: Data]

  init(_ folder: Folder, _ run: String) throws {
    metrics = try folder.read("\(run)/metrics.jsonl").replacing(/"time[^"]*":[^,}]+,?/, with: "")
    var files: [String: Data] = [:]
    for part in ["checkpoints", "episodes"] {
      for name in folder.names(in: "\(run)/\(part)") {
        files["\(part)/\(name)"] = try folder.data("\(run)/\(part)/\(name)")
      }
    }
    if folder.has("\(run)/solution.json") { files["solution.json"] = try folder.data("\(run)/solution.json") }
    self.files = files
  }
}

/// Expects two runs to have written the same, times aside.
func expectSame(_ folder: Folder, _ run: String, _ other: String, _ place: SourceLocation = #_sourceLocation) throws {
  let (a, b) = (try RunFiles(folder, run), try RunFiles(folder, other))
  #expect(a.metrics == b.metrics, "metrics of \(run) and \(other)", sourceLocation: place)
  #expect(!a.metrics.isEmpty, sourceLocation: place)
  #expect(a.files.keys.sorted() == b.files.keys.sorted(), sourceLocation: place)
  for (path, data) in a.files {
    #expect(data == b.files[path], "\(path) of \(run) and \(other)", sourceLocation: place)
  }
}

/// Training commands that are soon over and still write every kind of file.
enum Quick {
  /// Half a second or so of deep learning, with a row of metrics and an evaluation every 500 steps.
  static let ddpg = [
    "train", "--agent", "ddpg", "--steps", "6000", "--set", "hidden=[16, 16]", "--set", "batch=16", "--set",
    "warmup=500", "--set", "train.evaluationEpisodes=2",
  ]
  static let qLearning = [
    "train", "--agent", "q-learning", "--env", "FrozenLake-v1", "--steps", "20000", "--set", "train.logEvery=1000",
    "--set", "train.evaluateEvery=2500", "--set", "train.evaluationEpisodes=20", "--set", "train.checkpointEvery=2000",
  ]
  static let valueIteration = ["train", "--agent", "value-iteration", "--env", "Zhao-5x5"]

  static let all = [ddpg, qLearning, valueIteration]
}
