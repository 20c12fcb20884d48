import Foundation
import RLCore

/// One line of `pairs.jsonl`: what was said of a pair of clips. A later line of the same pair takes the place of an
/// earlier one.
public struct PairLabel: Sendable, Equatable, Codable {
  public var pair: Int
  /// Numbers of the two clips.
  public var left: Int
  public var right: Int
  /// The probability that the left one is the better; `nil` where the pair was passed over.
  public var preference: Double?
  /// `human` or `synthetic`.
  public var labeler: String
  /// What each clip is worth by the world's rewards, as a synthetic labeler compares them.
  public var worths: [Double]
  /// Whether the line only takes an earlier one back.
  public var undone: Bool?

  public init(pair: Int, preference: Double?, labeler: String, worths: [Double], undone: Bool? = nil) {
    self.pair = pair
    left = 2 * pair
    right = 2 * pair + 1
    self.preference = preference
    self.labeler = labeler
    self.worths = worths
    self.undone = undone
  }
}

/// Clips that were made together, in the order of their numbers.
public struct ClipBatch: Sendable, Equatable {
  public var clips: [Episode]
  /// What each is worth by the world's rewards. Shape `[clips]`.
  public var worths: [Double]
  /// How they were made, by name: among others `environment`, and whatever must be the same to go on.
  public var origin: [String: String]

  public init(clips: [Episode], worths: [Double], origin: [String: String]) {
    self.clips = clips
    self.worths = worths
    self.origin = origin
  }
}

/// A folder of pairs of clips and what was said of them:
///
///     pairs.jsonl              one PairLabel a line, appended
///     clips/<n>.safetensors    clips n, n + 1, …, with Minari's field names, one after another; `lengths` parts them
///
/// Clips are on the disk before any line names them, and lines are synced: a crash loses at most what was not said yet.
public struct PreferenceFolder: Sendable {
  public static let format = "rlgym-clips-1"

  public let url: URL

  public init(_ url: URL) { self.url = url }

  public var pairsURL: URL { url.appending(path: "pairs.jsonl") }
  private var clipsURL: URL { url.appending(path: "clips", directoryHint: .isDirectory) }
  private func clipsURL(from first: Int) -> URL { clipsURL.appending(path: "\(first).safetensors") }

  /// Whether there is one.
  public var exists: Bool { FileMark(pairsURL) != nil }

  /// Makes the folder, where there is none.
  public func create() throws {
    try makeFolders(clipsURL)
    _ = try OpenFile(pairsURL.path(percentEncoded: false), O_WRONLY | O_CREAT, as: pairsURL.relativePath)
  }
}

/// Labels.
extension PreferenceFolder {
  /// Appends lines at once and returns when they are on the disk. A line that a crash has left half written goes first.
  public func append(_ labels: [PairLabel]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var lines = Data()
    for label in labels {
      lines += try encoder.encode(label)
      lines.append(0x0a)
    }
    let file = try OpenFile(
      pairsURL.path(percentEncoded: false), O_RDWR | O_APPEND | O_CREAT, as: pairsURL.relativePath)
    let present = try file.read(from: 0)
    if let last = present.last, last != 0x0a {
      try file.truncate(to: present.lastIndex(of: 0x0a).map { $0 - present.startIndex + 1 } ?? 0)
    }
    try file.append(lines)
    try file.sync()
  }

  /// What holds of each pair, by its number. Throws ``RunStoreError/badFile`` with the line; a half-written last line
  /// counts as none.
  public func labels() throws -> [Int: PairLabel] {
    let decoder = JSONDecoder()
    var labels: [Int: PairLabel] = [:]
    let data = try readFile(pairsURL)
    for (index, line) in data.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() where !line.isEmpty
    {
      // Without its newline a line was not written to its end, and the next one that is appended takes its place.
      if line.endIndex == data.endIndex { break }
      guard let label = try? decoder.decode(PairLabel.self, from: line), label.pair >= 0, label.left >= 0,
        label.right >= 0, label.preference.map({ (0...1).contains($0) }) ?? true
      else {
        throw RunStoreError.badFile(
          path: pairsURL.relativePath, line: index + 1,
          reason: "expected {\"pair\", \"left\", \"right\", \"preference\": 0...1 or none, \"labeler\", \"worths\"}")
      }
      labels[label.pair] = label.undone == true ? nil : label
    }
    return labels
  }
}

/// Clips.
extension PreferenceFolder {
  /// The batches there are, by the number of their first clip.
  public func batches() -> [Int] {
    fileNames(in: clipsURL).compactMap { name in
      name.hasSuffix(".safetensors") ? Int(name.dropLast(".safetensors".count)) : nil
    }.sorted()
  }

  public func write(_ batch: ClipBatch, from first: Int) throws {
    let clips = batch.clips
    let count = [clips.map(\.length).reduce(0, +)]
    var metadata = batch.origin
    metadata["format"] = Self.format
    let data = Safetensors.encode(
      [
        ("observations", stacked(clips.map(\.observations))), ("actions", stacked(clips.map(\.actions))),
        ("rewards", Tensor(shape: count, values: .float64(clips.flatMap(\.rewards)))),
        ("terminations", Tensor(shape: count, values: .bool(clips.flatMap(\.terminations)))),
        ("truncations", Tensor(shape: count, values: .bool(clips.flatMap(\.truncations)))),
        ("states", stacked(clips.map(\.states))),
        ("lengths", Tensor(shape: [clips.count], values: .int64(clips.map { Int64($0.length) }))),
        ("seeds", Tensor(shape: [clips.count], values: .uint64(clips.map(\.seed)))),
        ("worths", Tensor(shape: [clips.count], values: .float64(batch.worths))),
      ], metadata: metadata)
    try writeAtomically(data, to: clipsURL(from: first))
  }

  /// Throws ``RunStoreError/badFile``.
  public func batch(from first: Int) throws -> ClipBatch {
    let path = clipsURL(from: first).relativePath
    let (tensors, words) = try Safetensors.decode(readFile(clipsURL(from: first)), file: path)
    func bad(_ reason: String) -> RunStoreError { .badFile(path: path, line: nil, reason: reason) }
    try MetadataFields(words: words, path: path).expect(format: Self.format, name: "batch of clips")
    guard case .int64(let lengths)? = tensors["lengths"]?.values, lengths.allSatisfy({ $0 > 0 && $0 < 1 << 40 }),
      case .uint64(let seeds)? = tensors["seeds"]?.values, seeds.count == lengths.count,
      case .float64(let worths)? = tensors["worths"]?.values, worths.count == lengths.count
    else { throw bad("it has no 'lengths', 'seeds' and 'worths' of its clips") }
    let steps = lengths.reduce(0) { $0 + Int($1) }
    func tensor(_ name: String, rows: Int) throws -> Tensor {
      guard let tensor = tensors[name], tensor.shape.first == rows else {
        throw bad("it has no array '\(name)' of \(rows) rows")
      }
      return tensor
    }
    func flags(_ name: String) throws -> [Bool] {
      guard case .bool(let flags) = try tensor(name, rows: steps).values, flags.count == steps else {
        throw bad("its '\(name)' are not flags")
      }
      return flags
    }
    let (observations, states) = (
      try tensor("observations", rows: steps + lengths.count), try tensor("states", rows: steps + lengths.count)
    )
    let actions = try tensor("actions", rows: steps)
    guard case .float64(let rewards) = try tensor("rewards", rows: steps).values, rewards.count == steps,
      case .float64 = states.values, states.shape.count == 2
    else { throw bad("its 'rewards' and 'states' are not 64-bit floats") }
    let (terminations, truncations) = (try flags("terminations"), try flags("truncations"))
    var clips: [Episode] = []
    var t = 0
    for (index, length) in lengths.map(Int.init).enumerated() {
      clips.append(
        Episode(
          observations: observations.rows(t + index..<t + index + length + 1), actions: actions.rows(t..<t + length),
          rewards: Array(rewards[t..<t + length]), terminations: Array(terminations[t..<t + length]),
          truncations: Array(truncations[t..<t + length]), states: states.rows(t + index..<t + index + length + 1),
          seed: seeds[index]))
      t += length
    }
    return ClipBatch(clips: clips, worths: worths, origin: words)
  }

  /// All pairs of which something was said, with their clips. Throws ``RunStoreError/badFile``.
  public func read() throws -> Preferences {
    let labels = try labels().values.filter { $0.preference != nil }.sorted { $0.pair < $1.pair }
    var preferences = Preferences(environment: "", clips: [], pairs: [])
    var places: [Int: Int] = [:]
    let wanted = Set(labels.flatMap { [$0.left, $0.right] })
    for first in batches() {
      let batch = try batch(from: first)
      preferences.environment = batch.origin["environment"] ?? ""
      for (index, clip) in batch.clips.enumerated() where wanted.contains(first + index) {
        places[first + index] = preferences.clips.count
        preferences.clips.append(clip)
      }
    }
    for label in labels {
      guard let left = places[label.left], let right = places[label.right], let preference = label.preference else {
        throw RunStoreError.badFile(
          path: pairsURL.relativePath, line: nil,
          reason: "pair \(label.pair) is of the clips \(label.left) and \(label.right), which are not in clips/")
      }
      preferences.pairs.append(.init(left: left, right: right, preference: preference))
    }
    return preferences
  }
}

/// Arrays of one kind, one after another.
private func stacked(_ tensors: [Tensor]) -> Tensor {
  let shape = [tensors.reduce(0) { $0 + $1.shape[0] }] + tensors[0].shape.dropFirst()
  var (floats, doubles, ints): ([Float], [Double], [Int64]) = ([], [], [])
  for tensor in tensors {
    switch tensor.values {
    case .float32(let values): floats += values
    case .float64(let values): doubles += values
    case .int64(let values): ints += values
    case .uint64, .bool: preconditionFailure("clips hold floats and integers")
    }
  }
  switch tensors[0].values {
  case .float32: return Tensor(shape: shape, values: .float32(floats))
  case .float64: return Tensor(shape: shape, values: .float64(doubles))
  default: return Tensor(shape: shape, values: .int64(ints))
  }
}
