import Foundation
import RLCore
import RunStore
import Testing

@Suite struct SurfaceFileTests {
  private let folder: Folder
  private let surface = Surface(
    low: [-1.2, -0.07], high: [0.6, 0.07], rows: 2, columns: 3, v: [0.1, 1e-30, -5, 2, 2, 1 / 3])
  private let line = Surface(low: [0], high: [2], rows: 1, columns: 3, v: [-1, 0, 1])

  init() throws { folder = try Folder() }

  @Test func readsWhatItWrote() throws {
    for surface in [surface, line] {
      let data = SurfaceFile.encode(surface)
      #expect(try SurfaceFile.read(folder.write(data, to: "surface.json")) == surface)
      #expect(SurfaceFile.encode(surface) == data)
    }
  }

  @Test func theValuesAreNested() throws {
    let object = try JSONSerialization.jsonObject(with: SurfaceFile.encode(surface)) as? [String: Any]
    #expect(object?["low"] as? [Double] == [-1.2, -0.07] && object?["columns"] as? Int == 3)
    #expect((object?["v"] as? [[Double]])?.map(\.count) == [3, 3])
  }

  @Test func cutAnywhereItIsRefused() throws {
    let data = SurfaceFile.encode(surface)
    // The last byte is a newline.
    for length in 0..<data.count - 1 {
      let url = try folder.write(data.prefix(length), to: "cut.json")
      #expect(storeError { _ = try SurfaceFile.read(url) } != nil, "\(length) bytes")
    }
  }

  @Test(arguments: [
    "{}", "[]", "{\"low\":[0],\"high\":[1],\"rows\":2,\"columns\":2,\"v\":[[0,0],[0,0]]}",
    "{\"low\":[0],\"high\":[0],\"rows\":1,\"columns\":2,\"v\":[[0,0]]}",
    "{\"low\":[0],\"high\":[1,2],\"rows\":1,\"columns\":2,\"v\":[[0,0]]}",
    "{\"low\":[0,0],\"high\":[1,1],\"rows\":1,\"columns\":2,\"v\":[[0,0]]}",
    "{\"low\":[0,0,0],\"high\":[1,1,1],\"rows\":2,\"columns\":2,\"v\":[[0,0],[0,0]]}",
    "{\"low\":[0],\"high\":[1],\"rows\":1,\"columns\":3,\"v\":[[0,0]]}",
    "{\"low\":[0],\"high\":[1],\"rows\":1,\"columns\":1,\"v\":[[0]]}",
    "{\"low\":[0],\"high\":[1],\"rows\":1,\"columns\":2,\"v\":[[0,null]]}",
    "{\"low\":[0,0],\"high\":[1,1],\"rows\":1000000000,\"columns\":2,\"v\":[[0,0],[0,0]]}",
  ])
  func numbersThatDoNotFitAreRefused(_ json: String) throws {
    let url = try folder.write(Data(json.utf8), to: "bad.json")
    #expect(storeError { _ = try SurfaceFile.read(url) }?.description.contains("bad.json: ") == true)
  }
}
