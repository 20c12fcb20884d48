import Foundation
import RLCore
import RunStore
import Testing

@Suite struct EpisodeFileTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func encoded(_ change: (inout Episode) -> Void = { _ in }) -> Data {
    var episode = Episode.toy
    change(&episode)
    return EpisodeFile.encode(episode, agent: "dqn", environment: "Toy-v0", step: 2000)
  }

  private func refusal(_ data: Data) throws -> String? {
    let url = try folder.write(data, to: "e.safetensors")
    return storeError { _ = try EpisodeFile.read(url) }?.description
  }

  @Test func readsWhatItWrote() throws {
    let (episode, metadata) = try EpisodeFile.read(folder.write(encoded(), to: "e.safetensors"))
    #expect(episode == .toy)
    #expect(metadata == EpisodeMetadata(agent: "dqn", environment: "Toy-v0", step: 2000))
  }

  @Test func whatItWasHeldToBeWorthIsKept() throws {
    let values = (0...3).map { ValueEstimate(v: Double($0) / 3) }
    let valued = values.map { ValueEstimate(q: [$0.v, -1]) }
    let probable = values.map { ValueEstimate(v: $0.v, p: [$0.v, 1 - $0.v]) }
    for estimates in [values, valued, probable, valued.map { ValueEstimate(v: $0.v, q: $0.q, p: [0.5, 0.5]) }] {
      let data = encoded { $0.estimates = estimates }
      #expect(try EpisodeFile.read(folder.write(data, to: "e.safetensors")).episode.estimates == estimates)
    }
    let short = encoded { $0.estimates = values.dropLast() }
    #expect(try refusal(short)?.contains("'values' has shape [3]; expected 4 rows") == true)
    let odd = encoded { $0.estimates = values.map { ValueEstimate(v: $0.v, q: [.nan]) } }
    #expect(try refusal(odd)?.contains("'action_values' are not finite") == true)
  }

  @Test func demonstrationsHaveNamesOfTheirOwn() throws {
    let place = folder["demonstrations/deep"]
    let names = try (0..<3).map { _ in
      try EpisodeFile.saveDemonstration(.toy, environment: "maps/room.yaml", in: place)
    }
    let stem = "room__s\(Episode.toy.seed)"
    #expect(names == ["\(stem).safetensors", "\(stem)-2.safetensors", "\(stem)-3.safetensors"])
    let (episode, metadata) = try EpisodeFile.read(place.appending(path: names[1]))
    #expect(episode == .toy && metadata.agent == EpisodeFile.human && metadata.environment == "maps/room.yaml")
  }

  @Test func theFieldsAreMinaris() throws {
    let (tensors, metadata) = try Safetensors.decode(encoded(), file: "f")
    #expect(
      Set(tensors.keys) == ["observations", "actions", "rewards", "terminations", "truncations", "states"])
    #expect(metadata["seed"] == "\(UInt64.max)" && metadata["environment"] == "Toy-v0")
  }

  @Test func arraysThatDoNotFitTogetherAreRefused() throws {
    func number(_ shape: [Int], _ value: Double = 0) -> Tensor {
      Tensor(shape: shape, values: .float64(.init(repeating: value, count: shape.reduce(1, *))))
    }
    #expect(
      try refusal(encoded { $0.observations = number([3, 2]) })?.contains("'observations' has shape [3, 2]") == true)
    #expect(try refusal(encoded { $0.observations = number([]) })?.contains("'observations'") == true)
    #expect(try refusal(encoded { $0.actions = number([4]) })?.contains("'actions'") == true)
    #expect(try refusal(encoded { $0.states = number([3, 1]) })?.contains("'states'") == true)
    #expect(try refusal(encoded { $0.states = number([4]) })?.contains("'states'") == true)
    #expect(try refusal(encoded { $0.states = number([4, 1], .nan) })?.contains("finite") == true)
    var (tensors, metadata) = try Safetensors.decode(encoded(), file: "f")
    tensors["truncations"] = nil
    let missing = Safetensors.encode(tensors.map { ($0.key, $0.value) }, metadata: metadata)
    #expect(try refusal(missing)?.contains("no array 'truncations'") == true)
    tensors["truncations"] = number([3])
    let floats = Safetensors.encode(tensors.map { ($0.key, $0.value) }, metadata: metadata)
    #expect(try refusal(floats)?.contains("'truncations' are not flags") == true)
    tensors["rewards"] = number([0])
    let empty = Safetensors.encode(tensors.map { ($0.key, $0.value) }, metadata: metadata)
    #expect(try refusal(empty)?.contains("'rewards'") == true)
    metadata["format"] = "minari"
    #expect(try refusal(Safetensors.encode([], metadata: metadata))?.contains("minari; expected") == true)
  }

  @Test func cutAnywhereItIsRefused() throws {
    let data = encoded()
    for length in 0..<data.count { #expect(try refusal(data.prefix(length)) != nil, "\(length) bytes") }
  }

  @Test func aCheckpointIsNoEpisode() throws {
    let metadata = CheckpointMetadata(version: "1", agent: "a", environment: "e", seed: 1, step: 1)
    #expect(try refusal(CheckpointFile.encode(CheckpointWriter(), metadata))?.contains("rlgym-checkpoint-1") == true)
  }
}
