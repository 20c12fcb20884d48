import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct SineCosineTests {
  /// Distance in units of the last place of the C library's value, which is itself within 0.55 of them.
  private func distance(_ x: Double) -> Double {
    let (sine, cosine) = sineCosine(x)
    let (s, c) = (sin(x), cos(x))
    return max(abs(sine - s) / s.ulp, abs(cosine - c) / c.ulp)
  }

  @Test(arguments: [1e-3, 1.0, 10, 1000, 1e5, 131_072])
  func liesWithinOneUlp(scale: Double) {
    var random = RandomStream(seed: 1)
    let worst = (0..<200_000).map { _ in distance(random.uniform(-scale, scale)) }.max()!
    #expect(worst <= 1)
  }

  /// The hardest angles: next to a multiple of π/2 all leading digits cancel.
  @Test func liesWithinOneUlpNextToMultiplesOfAQuarterTurn() {
    let worst = (1..<83_000).map { n -> Double in
      let x = Double(n) * (Double.pi / 2)
      return [x, x.nextUp, x.nextDown, -x].map(distance).max()!
    }.max()!
    #expect(worst <= 1)
  }

  @Test func knowsExactPlaces() {
    #expect(sineCosine(0) == (0, 1))
    #expect(sineCosine(-0.0) == (0, 1))
    #expect(sineCosine(1e-300) == (1e-300, 1))
    #expect(sineCosine(0.7).sine == -sineCosine(-0.7).sine)
    #expect(sineCosine(0.7).cosine == sineCosine(-0.7).cosine)
  }

  @Test func leavesWideAnglesToTheLibrary() {
    for x in [131_072.5, -1e9, 1e22] { #expect(sineCosine(x) == (sin(x), cos(x))) }
    for x in [Double.infinity, .nan] {
      #expect(sineCosine(x).sine.isNaN)
      #expect(sineCosine(x).cosine.isNaN)
    }
  }

  /// NumPy's `%`: the C library's exact remainder, moved to the divisor's sign.
  private func reference(_ x: Double) -> Double {
    let remainder = fmod(x + .pi, 2 * .pi)
    return (remainder < 0 ? remainder + 2 * .pi : remainder) - .pi
  }

  @Test(arguments: [1.0, 10, 1000, 1e6, 4e8])
  func wrapsAnglesAsNumPyDoes(scale: Double) {
    var random = RandomStream(seed: 2)
    for _ in 0..<100_000 {
      let x = random.uniform(-scale, scale)
      #expect(wrappedAngle(x) == reference(x))
    }
    for turn in -50...50 {
      let x = Double(turn) * 2 * .pi - .pi
      for near in [x, x.nextUp, x.nextDown] { #expect(wrappedAngle(near) == reference(near)) }
    }
  }
}
