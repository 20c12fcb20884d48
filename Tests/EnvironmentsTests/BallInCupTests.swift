import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct BallInCupTests {
  @Test(arguments: [0, 0.05])
  func keepsItsPromises(drag: Double) {
    var world = BallInCup()
    world.drag = drag
    #expect(checkEnvironment(TimeLimit(world, limit: 250), steps: 100_000) == [])
  }

  /// A pendulum while the string is taut.
  @Test func keepsItsEnergyOnATautString() throws {
    var world = BallInCup()
    world.drag = 0
    let state = [0, 0, 0, 0, 0.35, 0, 0, -0.1]
    let free = try energies(of: world, from: state, action: [0, 0], steps: 1000, \.energy)
    #expect(drift(free) < 1e-5)
    world.drag = 0.05
    let lossy = try energies(of: world, from: state, action: [0, 0], steps: 1000, \.energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 + 1e-9 } && lossy.last! < lossy[0] - 0.5)
  }

  /// The period of a small swing is 2π √(L / g) (1 + α² / 16).
  @Test func swingsAsAPendulumDoes() throws {
    var world = BallInCup()
    world.drag = 0
    var observation = world.emptyObservation()
    try world.restore(state: [0, 0, 0, 0, 0.35 * sin(0.1), -0.35 * cos(0.1), 0, 0], into: &observation)
    var crossings: [Double] = []
    for t in 1...1000 {
      let before = world.ball.x
      _ = world.step([0, 0], into: &observation)
      let after = world.ball.x
      if before < 0 && after >= 0 { crossings.append(0.02 * (Double(t) - after / (after - before))) }
    }
    let period = (crossings.last! - crossings[0]) / Double(crossings.count - 1)
    #expect(abs(period - 2 * Double.pi * (0.35 / 9.8).squareRoot() * (1 + 0.01 / 16)) < 1e-4)
  }

  /// A slack string does not pull; where it becomes taut, the velocity along it is lost at once.
  @Test func fliesOnASlackStringAndIsStoppedByATautOne() throws {
    var world = BallInCup()
    world.drag = 0
    var observation = world.emptyObservation()
    try world.restore(state: [0, 0, 0, 0, 0.2, 0, 0, 1], into: &observation)
    for _ in 0..<5 { _ = world.step([0, 0], into: &observation) }
    #expect(abs(world.ball.y - (0.1 - 0.5 * 9.8 * 0.01)) < 1e-12 && abs(world.ball.w - (1 - 0.98)) < 1e-12)
    try world.restore(state: [0, 0, 0, 0, 0.2, 0, 3, 0], into: &observation)
    let before = world.energy
    for _ in 0..<4 { _ = world.step([0, 0], into: &observation) }
    #expect(abs((world.ball.lowHalf * world.ball.highHalf).sum()) < 1e-12)
    #expect(world.energy < before - 4)
  }

  /// Downwards through the mouth it is caught; the sides and the bottom stop it.
  @Test(
    arguments: [
      ([0, 0.12, 0, -1], true), ([0.05, 0.12, 0, -1], true), ([0.1, 0.05, -3, 0], false), ([0, -0.03, 0, 3], false),
      ([-0.1, 0.05, 3, 0], false),
    ] as [([Double], Bool)])
  func isCaughtThroughTheMouthOnly(ball: [Double], isCaught: Bool) throws {
    var world = BallInCup()
    world.reward = .sparse
    var observation = world.emptyObservation()
    try world.restore(state: [0, 0, 0, 0] + ball, into: &observation)
    var caught = false
    for _ in 0..<5 where !caught {
      let step = world.step([0, 0], into: &observation)
      caught = step.ending == .terminated
      #expect((step.reward == 1) == caught)
      #expect(world.isInside == caught)
    }
    #expect(caught == isCaught)
  }

  @Test func theRailsEndStopsTheCupAndTheBallGoesOn() throws {
    var world = BallInCup()
    world.drag = 0
    var observation = world.emptyObservation()
    try world.restore(state: [0.49, 0, 2, 0, 0, -0.2, 0, 0], into: &observation)
    _ = world.step([1, 0], into: &observation)
    #expect(world.cup.x == 0.5 && world.cupVelocity.x == 0)
    #expect(abs(world.ball.z - 2) < 0.1)
  }

  /// Pumps the swing until the ball flies over the cup, then brings the cup to where it will fall.
  @Test func isCaught() throws {
    try expectKnownReturn(
      of: BallInCup(), limit: 250, shaped: "shaped 2.1", sparse: "sparse 1", ahead: (1.8, 0.7)
    ) { _ in
      { world in
        let ball = world.ball
        let hold = -1.6 * world.cup.y - 0.4 * world.cupVelocity.y
        let rise = ball.y - BallInCup.height
        let discriminant = ball.w * ball.w + 2 * BallInCup.gravity * rise
        let isSlack = length(ball.lowHalf) < 0.999 * BallInCup.string
        if rise > 0 || (isSlack && ball.y > 0 && discriminant > 0) {
          let time = max((ball.w + discriminant.squareRoot()) / BallInCup.gravity, 0.02)
          return [Float(0.2 * (ball.x + ball.z * time) / (time * time)), Float(hold)]
        }
        let missing = 0.83 - world.energy / (BallInCup.gravity * BallInCup.string)
        let pump = -1.7 * missing * ball.z - 1.5 * world.cup.x - 0.28 * world.cupVelocity.x
        return [Float(pump), Float(hold)]
      }
    }
  }

  @Test(arguments: [
    [], [0, 0, 0, 0, 0, -0.35, 0], [0.6, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0.3, 0.3, 0, 0],
    [0, 0, .nan, 0, 0, -0.3, 0, 0],
  ])
  func refusesImpossibleStates(state: [Double]) {
    var world = BallInCup()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
