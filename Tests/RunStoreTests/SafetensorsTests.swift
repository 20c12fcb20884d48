import Foundation
import RLCore
import RunStore
import Testing

@Suite struct SafetensorsTests {
  static let tensors: [(name: String, tensor: Tensor)] = [
    ("flags", Tensor(shape: [3], values: .bool([true, false, true]))),
    ("floats", Tensor(shape: [2, 3], values: .float32([1, -2, .infinity, 0.1, .leastNonzeroMagnitude, -0.0]))),
    ("doubles", Tensor(shape: [2], values: .float64([.pi, -1e300]))),
    ("integers", Tensor(shape: [1, 2], values: .int64([.min, .max]))),
    ("words", Tensor(shape: [2], values: .uint64([0, .max]))),
    ("none", Tensor(shape: [0, 4], values: .float32([]))),
    ("scalar \"é\"\n", Tensor(shape: [], values: .float64([7]))),
  ]
  private static let metadata = ["format": "test", "quote": "\"\\\u{1}/ü\n"]

  /// A file with this header and this many bytes of arrays.
  private func file(_ header: String, _ bytes: Int = 0) -> Data {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(count: bytes)
  }

  @Test func theBytesAreTheFormats() {
    let data = Safetensors.encode(
      [("b", Tensor(shape: [2], values: .bool([true, false]))), ("a", Tensor(shape: [1, 1], values: .float32([1])))],
      metadata: ["k": "v"])
    let header = """
      {"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},\
      "b":{"dtype":"BOOL","shape":[2],"data_offsets":[4,6]}}
      """
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(data == file(padded) + Data([0, 0, 0x80, 0x3f, 1, 0]))
  }

  @Test func readsWhatItWrote() throws {
    let data = Safetensors.encode(Self.tensors, metadata: Self.metadata)
    #expect(data == Safetensors.encode(Self.tensors, metadata: Self.metadata))
    let (tensors, metadata) = try Safetensors.decode(data, file: "f")
    #expect(metadata == Self.metadata)
    #expect(tensors == Dictionary(uniqueKeysWithValues: Self.tensors.map { ($0.name, $0.tensor) }))
    let again = Safetensors.encode(Self.tensors.map { ($0.name, tensors[$0.name]!) }, metadata: metadata)
    #expect(again == data)
  }

  @Test func everyArrayIsAligned() throws {
    let data = Safetensors.encode(Self.tensors, metadata: [:])
    let length = data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    #expect((8 + length) % 8 == 0)
    let header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: [String: Any]] ?? [:]
    #expect(header.count == Self.tensors.count)
    let widths = ["F64": 8, "I64": 8, "U64": 8, "F32": 4, "BOOL": 1]
    for entry in header.values {
      let begin = try #require((entry["data_offsets"] as? [Int])?.first)
      #expect(begin % widths[entry["dtype"] as? String ?? "", default: 99] == 0)
    }
  }

  @Test func aSliceOfDataIsReadToo() throws {
    let data = Data([1, 2, 3]) + Safetensors.encode(Self.tensors, metadata: [:])
    #expect(try Safetensors.decode(data.dropFirst(3), file: "f").tensors.count == Self.tensors.count)
  }

  @Test func cutAnywhereItIsRefusedByName() {
    let data = Safetensors.encode(Self.tensors, metadata: Self.metadata)
    for length in 0..<data.count {
      let error = storeError { _ = try Safetensors.decode(data.prefix(length), file: "cut.safetensors") }
      #expect(error?.description.hasPrefix("cut.safetensors: ") == true, "\(length) bytes")
    }
    #expect(storeError { _ = try Safetensors.decode(data + [0], file: "f") } != nil)
  }

  @Test func damageNeverCrashes() {
    let data = Safetensors.encode(Self.tensors, metadata: Self.metadata)
    var random = RandomStream(seed: 1)
    for i in 0..<5000 {
      var damaged = data
      for _ in 0...random.integer(below: 3) {
        damaged[random.integer(below: i % 2 == 0 ? data.count : 400)] = UInt8(random.integer(below: 256))
      }
      _ = storeError { _ = try Safetensors.decode(damaged, file: "f") }
    }
  }

  @Test(
    arguments: [
      ("[]", 0, "does not begin with '{'"), ("{", 0, "not JSON"), ("{\"a\":1}", 0, "not JSON"),
      ("{\"__metadata__\":{\"a\":1}}", 0, "not JSON"), ("{}", 1, "1 bytes after"),
      ("{\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "BF16; expected one of F32"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "does not fill"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "does not fill"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "does not fill"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "not JSON"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "not JSON"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "does not begin"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "does not begin"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "truncated"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "not JSON"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "'b' does not begin"
      ),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
          + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "'b' does not begin"
      ),
    ])
  func headersThatLieAreRefused(_ header: String, _ bytes: Int, _ words: String) {
    let error = storeError { _ = try Safetensors.decode(file(header, bytes), file: "f") }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
  }

  @Test func lengthsOutOfReachAndBadFlagsAreRefused() {
    let endless = Data([UInt8](repeating: 0xff, count: 64))
    #expect(storeError { _ = try Safetensors.decode(endless, file: "f") } != nil)
    var flags = Safetensors.encode([("a", Tensor(shape: [1], values: .bool([true])))], metadata: [:])
    flags[flags.count - 1] = 2
    let error = storeError { _ = try Safetensors.decode(flags, file: "f") }
    #expect(error?.description.contains("neither 0 nor 1") == true)
  }

  @Test(.enabled(if: Python.hasSafetensors, "needs python3 with numpy and safetensors (RLGYM_PYTHON)"))
  func thePythonPackageReadsItAndWeReadThePythonPackages() throws {
    let folder = try Folder()
    let ours = try folder.write(
      Safetensors.encode(Self.tensors, metadata: Self.metadata), to: "ours.safetensors")
    let theirs = folder["theirs.safetensors"]
    let script = """
      import sys
      import numpy as np
      from safetensors import safe_open
      from safetensors.numpy import save_file
      with safe_open(sys.argv[1], "np") as f:
          tensors, metadata = {k: f.get_tensor(k) for k in f.keys()}, f.metadata()
      assert metadata == {"format": "test", "quote": '"\\\\\\x01/ü\\n'}, metadata
      assert tensors["flags"].dtype == np.bool_ and tensors["flags"].tolist() == [True, False, True]
      assert tensors["floats"].dtype == np.float32 and tensors["floats"].shape == (2, 3)
      assert tensors["floats"].tolist()[0] == [1, -2, np.inf] and np.signbit(tensors["floats"][1, 2])
      assert tensors["doubles"].tolist() == [np.pi, -1e300]
      assert tensors["integers"].tolist() == [[-(2**63), 2**63 - 1]]
      assert tensors["words"].dtype == np.uint64 and tensors["words"].tolist() == [0, 2**64 - 1]
      assert tensors["none"].shape == (0, 4) and tensors['scalar "é"\\n'].shape == ()
      save_file(tensors, sys.argv[2], metadata=metadata)
      """
    let (status, output) = try Python.run(script, [ours.path(), theirs.path()])
    #expect(status == 0, "\(output)")
    let (tensors, metadata) = try Safetensors.decode(Data(contentsOf: theirs), file: "theirs")
    #expect(metadata == Self.metadata)
    #expect(tensors == Dictionary(uniqueKeysWithValues: Self.tensors.map { ($0.name, $0.tensor) }))
  }
}
