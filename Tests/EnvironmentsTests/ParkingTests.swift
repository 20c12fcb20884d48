import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct ParkingTests {
  private static func world(reverse: Bool) -> Parking {
    var world = Parking()
    world.reverse = reverse
    return world
  }

  @Test(arguments: [true, false])
  func keepsItsPromises(reverse: Bool) {
    #expect(checkEnvironment(TimeLimit(Self.world(reverse: reverse), limit: 300), steps: 100_000) == [])
  }

  /// At one steering angle δ the rear axle runs on a circle of radius L / tan δ, forwards and backwards.
  @Test(arguments: [(1.0, 0.5), (1, -0.25), (-1, 0.5)], [1, 60])
  func drivesInCircles(motion: (speed: Double, steering: Double), steps: Int) throws {
    var world = Parking()
    var observation = world.emptyObservation()
    try world.restore(state: [1, 0.5, 0.3, motion.speed], into: &observation)
    for _ in 0..<steps { _ = world.step([Float(2 * motion.steering), 0], into: &observation) }
    let radius = 0.3 / tan(motion.steering)
    let heading = 0.3 + motion.speed * 0.05 * Double(steps) / radius
    #expect(abs(world.motion.z - heading) < 1e-12)
    #expect(abs(world.motion.x - (1 + radius * (sin(heading) - sin(0.3)))) < 1e-7)
    #expect(abs(world.motion.y - (0.5 - radius * (cos(heading) - cos(0.3)))) < 1e-7)
  }

  @Test(arguments: [true, false])
  func keepsToItsSpeeds(reverse: Bool) throws {
    var world = Self.world(reverse: reverse)
    var observation = world.emptyObservation()
    try world.restore(state: [-2, 1, 0, 0], into: &observation)
    for n in 1...15 {
      _ = world.step([0, 1], into: &observation)
      let speed = min(0.1 * Double(n), 1)
      #expect(abs(world.motion.w - speed) < 1e-12)
    }
    // 0.5 s at 2 m/s², then 0.25 s at 1 m/s.
    #expect(abs(world.motion.x + 2 - 0.5) < 1e-12)
    for _ in 1...30 { _ = world.step([0, -1], into: &observation) }
    #expect(world.motion.w == (reverse ? -1 : 0))
  }

  @Test(
    arguments: [
      ([0.05, 0.05, 0.1, 0.1], 1.0), ([0.11, 0, 0, 0], 0), ([0, 0, 0.25, 0], 0), ([0, 0, 0, 0.3], 0),
      ([0, 0, 2 * .pi + 0.1, 0], 1), ([2.49, 0, 0, 1], -1), ([0, -2.49, -.pi / 2, 1], -1), ([2.49, 0, 0, 0], 0),
    ] as [([Double], Double)])
  func endsParkedOrOutside(state: [Double], outcome: Double) throws {
    var world = Parking()
    world.reward = .sparse
    var observation = world.emptyObservation()
    try world.restore(state: state, into: &observation)
    let step = world.step([0, 0], into: &observation)
    #expect(step == Step(reward: outcome, ending: outcome == 0 ? .running : .terminated))
  }

  /// The shaped rewards of a way add up to what it diminishes.
  @Test func progressIsTheDifferenceOfAPotential() {
    var world = Parking()
    var observation = world.emptyObservation()
    world.reset(seed: 3, into: &observation)
    let start = world.distanceToGo
    let total = (0..<20).reduce(0) { sum, _ in sum + world.step([1, 0.5], into: &observation).reward }
    #expect(abs(total - (start - world.distanceToGo - 20 * 0.002)) < 1e-12)
  }

  /// Along Dubins' shortest path, which needs no reverse gear.
  @Test(arguments: [true, false])
  func isParked(reverse: Bool) throws {
    try expectKnownReturn(
      of: Self.world(reverse: reverse), limit: 300, shaped: "shaped 2.3", sparse: "sparse 1", ahead: (2, 0.9)
    ) { _ in
      var path: [DubinsPiece]?
      return { world in
        var pieces = path ?? shortestDubinsPath(from: world.state, radius: 0.6)
        let left = pieces.reduce(0) { $0 + $1.length }
        let speed = world.motion.w
        let next = max(min(1, (3 * left).squareRoot(), speed + 0.1), speed - 0.1, 0)
        // The mean curvature over the way of this step.
        let way = 0.025 * (speed + next)
        var rest = way
        var turn = 0.0
        while rest > 0, !pieces.isEmpty {
          let part = min(rest, pieces[0].length)
          turn += part * pieces[0].curvature
          rest -= part
          pieces[0].length -= part
          if pieces[0].length <= 0 { pieces.removeFirst() }
        }
        path = pieces
        return [Float(2 * atan(0.3 * (way > 0 ? turn / way : 0))), Float(10 * (next - speed))]
      }
    }
  }

  @Test(arguments: [[], [0, 0, 0], [3, 0, 0, 0], [0, 0, .nan, 0], [0, 0, 0, 1.5]])
  func refusesImpossibleStates(state: [Double]) {
    var world = Parking()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test func aCarWithoutReverseGearDoesNotRollBack() {
    var world = Self.world(reverse: false)
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: [0, 0, 0, -0.5], into: &observation) }
  }
}

private struct DubinsPiece {
  var curvature: Double
  var length: Double
}

/// The shortest way of bounded curvature to the origin, heading along the x axis: two arcs with a straight line or a
/// third arc between them (LaValle, Planning Algorithms, section 15.3.1). Constructed from the circles beside start
/// and goal.
private func shortestDubinsPath(from state: [Double], radius: Double) -> [DubinsPiece] {
  /// The turn from one heading to another in the sense of `side`, 1 for left and −1 for right.
  func turn(_ side: Double, _ from: Double, _ to: Double) -> Double {
    let angle = (side * (to - from)).truncatingRemainder(dividingBy: 2 * .pi)
    return angle < 0 ? angle + 2 * .pi : angle
  }
  let place = SIMD2(state[0], state[1]) / radius
  let heading = state[2]
  var best: [(side: Double, length: Double)] = []
  func offer(_ way: [(side: Double, length: Double)]) {
    func total(_ way: [(side: Double, length: Double)]) -> Double { way.reduce(0) { $0 + $1.length } }
    if best.isEmpty || total(way) < total(best) { best = way }
  }
  for first in [1.0, -1] {
    for last in [1.0, -1] {
      let start = place + first * SIMD2(-sin(heading), cos(heading))
      let between = SIMD2(0, last) - start
      let distance = length(between)
      let direction = atan2(between.y, between.x)
      if first == last || distance >= 2 {
        let isCrossing = first != last
        let along = direction + (isCrossing ? first * asin(2 / distance) : 0)
        let straight = isCrossing ? (distance * distance - 4).squareRoot() : distance
        offer([(first, turn(first, heading, along)), (0, straight), (last, turn(last, along, 0))])
      }
      if first == last && distance <= 4 {
        for bend in [acos(distance / 4), -acos(distance / 4)] {
          let toMiddle = SIMD2(cos(direction + bend), sin(direction + bend))
          let onward = between - 2 * toMiddle
          let leaving = direction + bend + first * .pi / 2
          let joining = atan2(onward.y, onward.x) - first * .pi / 2
          offer([
            (first, turn(first, heading, leaving)), (-first, turn(-first, leaving, joining)),
            (last, turn(last, joining, 0)),
          ])
        }
      }
    }
  }
  return best.map { DubinsPiece(curvature: $0.side / radius, length: $0.length * radius) }
}
