/// Non-negative weights whose sums are kept in a binary tree, so that an index is drawn in proportion to its weight and
/// a weight is changed in O(log n) (Schaul et al. 2016, arXiv:1511.05952, appendix B.2.1).
public struct SumTree: Sendable {
  /// Leaves: a power of two.
  private let width: Int
  /// Node i has the children 2i and 2i + 1; the leaves begin at `width`.
  private var sums: [Double]

  /// All weights are 0.
  public init(count: Int) {
    precondition(count > 0, "a tree has at least one weight")
    var width = 1
    while width < count { width *= 2 }
    self.width = width
    sums = .init(repeating: 0, count: 2 * width)
  }

  public var total: Double { sums[1] }

  public subscript(index: Int) -> Double {
    get { sums[width + index] }
    set {
      precondition(newValue >= 0 && newValue.isFinite, "a weight is a number of 0 or more")
      var node = width + index
      sums[node] = newValue
      // Sums are made anew from both children, so that rounding does not pile up.
      while node > 1 {
        node /= 2
        sums[node] = sums[2 * node] + sums[2 * node + 1]
      }
    }
  }

  /// The index that `mass` in 0 ..< total falls to, with the weights side by side in order. Its weight is not 0.
  public func index(at mass: Double) -> Int {
    precondition(total > 0, "nothing can be drawn where all weights are 0")
    var mass = mass
    var node = 1
    while node < width {
      let left = sums[2 * node]
      if mass < left || sums[2 * node + 1] == 0 {
        node = 2 * node
      } else {
        mass -= left
        node = 2 * node + 1
      }
    }
    return node - width
  }
}
