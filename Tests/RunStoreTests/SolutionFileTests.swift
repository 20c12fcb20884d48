import Foundation
import RLCore
import RunStore
import Testing

@Suite struct SolutionFileTests {
  private let folder: Folder
  private let solution = Solution(greedyWith: [0.1, 1e-300, -5, 1 / 3.0, 2, 2], states: 3, actions: 2)

  init() throws { folder = try Folder() }

  @Test func readsWhatItWrote() throws {
    let data = try SolutionFile.encode(solution)
    #expect(try SolutionFile.read(folder.write(data, to: "solution.json")) == solution)
    #expect(try SolutionFile.encode(solution) == data)
  }

  @Test func visitsAreKeptWhereTheyAreCounted() throws {
    var counted = solution
    counted.visits = [7, 0, 12_000_000_000]
    let url = try folder.write(SolutionFile.encode(counted), to: "counted.json")
    #expect(try SolutionFile.read(url) == counted)
    #expect(try String(contentsOf: url, encoding: .utf8).contains("\"visits\":[7,0,12000000000]}"))
    #expect(try !String(decoding: SolutionFile.encode(solution), as: UTF8.self).contains("visits"))
  }

  @Test func theTablesAreNested() throws {
    let data = try SolutionFile.encode(solution)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["states"] as? Int == 3 && object["actions"] as? Int == 2)
    #expect(object["v"] as? [Double] == [0.1, 1 / 3.0, 2])
    #expect(object["q"] as? [[Double]] == [[0.1, 1e-300], [-5, 1 / 3.0], [2, 2]])
    #expect(object["policy"] as? [[Double]] == [[1, 0], [0, 1], [0.5, 0.5]])
  }

  @Test(arguments: [Double.nan, .infinity])
  func whatJSONCannotHoldIsRefused(_ bad: Double) {
    let broken = Solution(states: 1, actions: 1, v: [bad], q: [0], policy: [1])
    guard case .cannotEncode? = storeError({ _ = try SolutionFile.encode(broken) }) else {
      Issue.record("encoded")
      return
    }
  }

  @Test func cutAnywhereItIsRefused() throws {
    let data = try SolutionFile.encode(solution)
    // The last byte is a newline.
    for length in 0..<data.count - 1 {
      let url = try folder.write(data.prefix(length), to: "cut.json")
      #expect(storeError { _ = try SolutionFile.read(url) } != nil, "\(length) bytes")
    }
  }

  @Test(arguments: [
    "{}", "[]", "{\"states\":1,\"actions\":1,\"v\":[0],\"q\":[[0]],\"policy\":[[1,2]]}",
    "{\"states\":2,\"actions\":1,\"v\":[0],\"q\":[[0]],\"policy\":[[1]]}",
    "{\"states\":1,\"actions\":1,\"v\":[0],\"q\":[[0]],\"policy\":[[1]],\"visits\":[1,2]}",
    "{\"states\":1,\"actions\":1,\"v\":[0],\"q\":[[0]],\"policy\":[[1]],\"visits\":[-1]}",
    "{\"states\":0,\"actions\":0,\"v\":[],\"q\":[],\"policy\":[]}",
    "{\"states\":1,\"actions\":1,\"v\":[0],\"q\":[[null]],\"policy\":[[1]]}",
  ])
  func tablesThatDoNotFitAreRefused(_ json: String) throws {
    let url = try folder.write(Data(json.utf8), to: "bad.json")
    #expect(storeError { _ = try SolutionFile.read(url) }?.description.contains("bad.json: ") == true)
  }
}
