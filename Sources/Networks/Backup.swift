import CSIMD

/// v(s) ← max_a r(s, a) + Σ w v(s + offset) for neighbouring states that are alike.
///
/// Entries of action a are `starts[a] ..< starts[a + 1]` of `successors` and `weights`; a successor's number stands for its
/// place in `offsets`. `matrix`, where there is one, has the weights of up to four successors in the shape `[actions, 4]`.
public struct Backup {
  private let kind: rl_backup

  public init(
    actions: Int, rewards: UnsafePointer<Double>, starts: UnsafePointer<Int32>, successors: UnsafePointer<Int32>,
    weights: UnsafePointer<Double>, matrix: UnsafePointer<Double>?, width: Int, offsets: UnsafePointer<Int32>
  ) {
    kind = rl_backup(
      actions: actions, rewards: rewards, starts: starts, successors: successors, weights: weights, matrix: matrix,
      width: width, offsets: offsets)
  }

  /// Backs up `count` states, eight at a time; returns max_s |next(s) − v(s)|. `next` may be `v`.
  public func callAsFunction(_ v: UnsafePointer<Double>, into next: UnsafeMutablePointer<Double>, count: Int) -> Double
  {
    rl_back_up(kind, v, next, count)
  }

  /// Backs up `count` states one after another, each from the latest values; returns the largest change.
  public func inPlace(_ v: UnsafeMutablePointer<Double>, count: Int) -> Double {
    rl_back_up_one_by_one(kind, v, v, 0, count)
  }
}
