/// NumPy's `SeedSequence`: turns a seed of any quality into well-mixed words, and spawns independent children.
///
/// Source: O'Neill, "Developing a seed_seq Alternative" (2015), as NumPy implements it (NEP 19); the constants are
/// NumPy's, and golden tests hold every word equal to NumPy's.
public struct SeedSequence: Sendable, Equatable {
  public let entropy: UInt64
  public let spawnKey: [UInt32]

  private static let poolSize = 4
  private static let mixLeft: UInt32 = 0xca01_f9dd
  private static let mixRight: UInt32 = 0x4973_f715

  public init(_ entropy: UInt64, spawnKey: [UInt32] = []) {
    self.entropy = entropy
    self.spawnKey = spawnKey
  }

  /// The child with number `index`, as `SeedSequence(entropy).spawn(n)[index]`.
  public func spawn(_ index: UInt32) -> SeedSequence { SeedSequence(entropy, spawnKey: spawnKey + [index]) }

  /// `generate_state(count, dtype=uint64)`.
  public func words(_ count: Int) -> [UInt64] {
    let pool = mixedPool()
    var hash: UInt32 = 0x8b51_f9dd
    let halves = (0..<2 * count).map { i -> UInt32 in
      var value = pool[i % Self.poolSize] ^ hash
      hash &*= 0x58f3_8ded
      value &*= hash
      return value ^ (value >> 16)
    }
    return (0..<count).map { UInt64(halves[2 * $0]) | UInt64(halves[2 * $0 + 1]) << 32 }
  }

  private func mixedPool() -> [UInt32] {
    var words: [UInt32] = [UInt32(truncatingIfNeeded: entropy)]
    if entropy >> 32 != 0 { words.append(UInt32(entropy >> 32)) }
    // NumPy pads the entropy when there is a spawn key, so that (1,) and 1 with key (0,) differ.
    if !spawnKey.isEmpty {
      words += [UInt32](repeating: 0, count: Self.poolSize - words.count)
      words += spawnKey
    }

    var hash: UInt32 = 0x43b0_d7e5
    func hashed(_ word: UInt32) -> UInt32 {
      var value = word ^ hash
      hash &*= 0x931e_8875
      value &*= hash
      return value ^ (value >> 16)
    }
    func mixed(_ x: UInt32, _ y: UInt32) -> UInt32 {
      let result = x &* Self.mixLeft &- y &* Self.mixRight
      return result ^ (result >> 16)
    }

    var pool = (0..<Self.poolSize).map { hashed($0 < words.count ? words[$0] : 0) }
    for source in pool.indices {
      for target in pool.indices where target != source { pool[target] = mixed(pool[target], hashed(pool[source])) }
    }
    for word in words.dropFirst(Self.poolSize) {
      for target in pool.indices { pool[target] = mixed(pool[target], hashed(word)) }
    }
    return pool
  }
}
