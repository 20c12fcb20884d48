import Foundation
import RLCore
import RunStore
import Testing

@Suite struct CheckpointFileTests {
  private let folder: Folder
  private let metadata = CheckpointMetadata(
    version: "1.2.3", agent: "ddpg", environment: "Pendulum-v1", seed: .max, step: 10_000)

  init() throws { folder = try Folder() }

  private func saved() throws -> Data {
    var writer = CheckpointWriter()
    writer.add("weights", [1, 2, 3] as [Float])
    writer.add("random", RandomStream(seed: 4))
    writer.add("clock", 10_000)
    return CheckpointFile.encode(writer, metadata)
  }

  private func refusal(_ data: Data, agent: String = "ddpg", environment: String = "Pendulum-v1") throws -> String? {
    let url = try folder.write(data, to: "latest.safetensors")
    return storeError { _ = try CheckpointFile.read(url, agent: agent, environment: environment) }?.description
  }

  @Test func readsWhatItWrote() throws {
    let url = try folder.write(saved(), to: "latest.safetensors")
    let (reader, read) = try CheckpointFile.read(url, agent: "ddpg", environment: "Pendulum-v1")
    #expect(read == metadata)
    #expect(try reader.floats("weights") == [1, 2, 3])
    #expect(try reader.random("random") == RandomStream(seed: 4))
    #expect(try reader.int("clock") == 10_000)
    #expect(try saved() == saved())
  }

  @Test func anotherAgentOrEnvironmentIsRefusedByName() throws {
    let agent = try #require(try refusal(saved(), agent: "td3"))
    #expect(agent.contains("latest.safetensors") && agent.contains("the agent ddpg; expected td3"))
    let world = try #require(try refusal(saved(), environment: "CartPole-v1"))
    #expect(world.contains("the environment Pendulum-v1; expected CartPole-v1"))
  }

  @Test func anotherFormatIsRefusedByName() throws {
    let later = Safetensors.encode([], metadata: ["format": "rlgym-checkpoint-2"])
    #expect(try refusal(later)?.contains("rlgym-checkpoint-2; expected rlgym-checkpoint-1") == true)
    let episode = EpisodeFile.encode(.toy, agent: "ddpg", environment: "Pendulum-v1", step: 1)
    #expect(try refusal(episode)?.contains("rlgym-episode-1; expected") == true)
    #expect(try refusal(Safetensors.encode([], metadata: [:]))?.contains("not a checkpoint of rlgym") == true)
  }

  @Test(arguments: [("seed", "-1"), ("seed", "x"), ("step", "-5"), ("step", "1.5"), ("step", ""), ("agent", nil)])
  func badMetadataIsRefused(_ key: String, _ value: String?) throws {
    var (_, words) = try Safetensors.decode(saved(), file: "f")
    words[key] = value
    #expect(try refusal(Safetensors.encode([], metadata: words))?.contains(key) == true)
  }

  @Test func cutAnywhereItIsRefused() throws {
    let data = try saved()
    for length in 0..<data.count { #expect(try refusal(data.prefix(length)) != nil, "\(length) bytes") }
  }

  @Test func aMissingFileIsNamed() {
    let error = storeError { _ = try CheckpointFile.read(folder["no.safetensors"], agent: "a", environment: "e") }
    #expect(error?.description.hasSuffix("no.safetensors: No such file or directory") == true)
    let directory = storeError { _ = try CheckpointFile.read(folder.url, agent: "a", environment: "e") }
    #expect(directory?.description.contains("Is a directory") == true)
  }
}
