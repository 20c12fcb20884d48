import RLCore
import Testing

@Suite struct CheckpointTests {
  private let random = RandomStream(seed: 3)

  private func everything() -> CheckpointReader {
    reader {
      $0.add("floats", [1, 2, 3, 4] as [Float], shape: [2, 2])
      $0.add("doubles", [0.5, -0.5])
      $0.add("ints", [1, -2, 3])
      $0.add("int", 7)
      $0.add("double", 2.5)
      $0.add("random", random)
    }
  }

  @Test func readsWhatWasWritten() throws {
    let reader = everything()
    #expect(try reader.floats("floats") == [1, 2, 3, 4])
    #expect(try reader.tensor("floats").shape == [2, 2])
    #expect(try reader.doubles("doubles", count: 2) == [0.5, -0.5])
    #expect(try reader.ints("ints", count: 3) == [1, -2, 3])
    #expect(try reader.int("int") == 7)
    #expect(try reader.double("double") == 2.5)
    #expect(try reader.random("random") == random)
  }

  @Test func saysWhatDoesNotFit() throws {
    let reader = everything()
    let reads: [(words: String, read: () throws -> Void)] = [
      ("'none'", { _ = try reader.tensor("none") }), ("32-bit floats", { _ = try reader.floats("doubles") }),
      ("5 values", { _ = try reader.floats("floats", count: 5) }),
      ("64-bit floats", { _ = try reader.doubles("floats") }),
      ("1 values", { _ = try reader.doubles("doubles", count: 1) }),
      ("64-bit integers", { _ = try reader.ints("doubles") }),
      ("2 values", { _ = try reader.ints("ints", count: 2) }), ("1 values", { _ = try reader.int("ints") }),
      ("1 values", { _ = try reader.double("doubles") }), ("a random stream", { _ = try reader.random("ints") }),
    ]
    for (words, read) in reads {
      let error = try #require(coreError(read))
      #expect("\(error)".hasPrefix("the checkpoint does not fit: "))
      #expect("\(error)".contains(words))
    }
  }

  @Test func wordsThatAreNoStreamAreRefused() {
    let reader = reader { $0.add("random", Tensor(shape: [2], values: .uint64([1, 2]))) }
    #expect(coreError { _ = try reader.random("random") } != nil)
  }

  @Test func aNameIsTakenOnce() async {
    await #expect(processExitsWith: .failure) {
      var writer = CheckpointWriter()
      writer.add("a", 1)
      writer.add("a", 2)
    }
  }
}
