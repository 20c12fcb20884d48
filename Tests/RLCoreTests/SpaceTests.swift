import RLCore
import Testing

@Suite struct SpaceTests {
  private let box = Space.box(low: [-1, 0, -.infinity], high: [1, 2, .infinity])

  @Test func sizes() {
    #expect(Space.discrete(7).size == 1)
    #expect(box.size == 3)
    #expect([Float](zeroIn: box) == [0, 0, 0])
    #expect(Int(zeroIn: .discrete(3)) == 0)
  }

  @Test(arguments: [([0.0], 0), ([2.0], 2), ([3.0], nil), ([-1.0], nil), ([0.5], nil), ([], nil), ([1, 1], nil)])
  func integersOfASpace(_ numbers: [Double], _ expected: Int?) {
    #expect(Int(numbers: numbers, in: .discrete(3)) == expected)
  }

  @Test func integersNeedADiscreteSpace() { #expect(Int(numbers: [0], in: box) == nil) }

  @Test(
    arguments: [
      ([1, 2, 1e9], true), ([-1, 0, -1e9], true), ([1.1, 0, 0], true), ([0, 0], false), ([.nan, 0, 0], false),
      ([0, 0, .infinity], false), ([0, 0, 1e300], false), ([0, 0, 0, 0], false),
    ] as [([Double], Bool)])
  func vectorsAreFiniteAndOfTheRightSize(_ numbers: [Double], _ isVector: Bool) {
    #expect([Float](numbers: numbers, in: box) == (isVector ? numbers.map { Float($0) } : nil))
  }

  @Test(
    arguments: [
      ([1, 2, 1e9], true), ([-1, 0, -1e9], true), ([1.1, 0, 0], false), ([0, -0.1, 0], false), ([0, 0], false),
      ([.nan, 0, 0], false), ([0, 0, 0, 0], false),
    ] as [([Float], Bool)])
  func membershipIncludesTheBounds(_ vector: [Float], _ isInside: Bool) {
    #expect(vector.lies(in: box) == isInside)
    #expect(!vector.lies(in: .discrete(3)))
  }

  @Test(arguments: [(0, true), (2, true), (3, false), (-1, false)])
  func membershipOfIntegers(_ value: Int, _ isInside: Bool) {
    #expect(value.lies(in: .discrete(3)) == isInside)
    #expect(!value.lies(in: box))
  }

  @Test func vectorsNeedABox() { #expect([Float](numbers: [0], in: .discrete(3)) == nil) }

  @Test func samplesLieInside() {
    var random = RandomStream(seed: 1)
    var vector = [Float](zeroIn: box)
    var integer = 0
    var seen: Set<Int> = []
    var isNegative: Set<Bool> = []
    for _ in 0..<200 {
      vector.sample(from: box, using: &random)
      #expect(vector.lies(in: box))
      isNegative.insert(vector[2] < 0)
      integer.sample(from: .discrete(4), using: &random)
      seen.insert(integer)
    }
    #expect(seen == [0, 1, 2, 3])
    #expect(isNegative == [true, false])
  }

  @Test func stacking() {
    #expect(Int.stack([3, 1], in: .discrete(4)) == Tensor(shape: [2], values: .int64([3, 1])))
    #expect(
      [Float].stack([[1, 2, 3], [4, 5, 6]], in: box)
        == Tensor(shape: [2, 3], values: .float32([1, 2, 3, 4, 5, 6])))
  }

  @Test func descriptions() {
    #expect("\(Space.discrete(4))" == "Discrete(4)")
    #expect("\(Space.box(low: [-1], high: [1]))" == "Box([-1.0], [1.0])")
  }
}
