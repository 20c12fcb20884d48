import COpenBLAS

/// next(s) ← max over `pairs` of rewards[pair] + Σ weights[i]·v(s + offsets[i]), with i in starts[pair] ..< starts[pair + 1],
/// for `count` neighbouring states that are alike. Returns max_s |next(s) − v(s)|. `next` may be `v`.
public func backUp(
  _ v: UnsafePointer<Double>, into next: UnsafeMutablePointer<Double>, count: Int, _ pairs: Range<Int>,
  _ rewards: [Double], _ starts: [Int32], _ offsets: [Int32], _ weights: [Double]
) -> Double {
  rewards.withUnsafeBufferPointer { rewards in
    starts.withUnsafeBufferPointer { starts in
      rl_back_up(
        v, next, count, pairs.count, rewards.baseAddress! + pairs.lowerBound, starts.baseAddress! + pairs.lowerBound,
        offsets, weights)
    }
  }
}
