import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct QuadrotorTests {
  private static func world(_ task: Quadrotor.Task) -> Quadrotor {
    var world = Quadrotor()
    world.task = task
    return world
  }

  @Test(arguments: Quadrotor.Task.allCases)
  func keepsItsPromises(task: Quadrotor.Task) {
    #expect(checkEnvironment(TimeLimit(Self.world(task), limit: 500), steps: 100_000) == [])
  }

  @Test func keepsItsEnergyInFreeFall() throws {
    var world = Quadrotor()
    let state = [0, 0, 0.3, 1, 5, 2.0]
    let none: [Float] = [-1, -1]
    let lossy = try energies(of: world, from: state, action: none, steps: 1000, \.energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 })
    world.drag = 0
    let free = try energies(of: world, from: state, action: none, steps: 1000, \.energy)
    #expect(drift(free) < 1e-8)
  }

  /// Both rotors at half thrust carry the craft; full thrust of one turns it by ½ r T / J t².
  @Test func thrustsLiftAndTurn() throws {
    var world = Quadrotor()
    var observation = world.emptyObservation()
    try world.restore(state: [0, 0, 0, 0, 0, 0], into: &observation)
    for _ in 0..<100 { _ = world.step([0, 0], into: &observation) }
    #expect(world.state.allSatisfy { abs($0) < 1e-12 })
    for _ in 0..<5 { _ = world.step([-1, 1], into: &observation) }
    #expect(abs(world.state[2] - 0.5 * 0.25 * 9.8 / 0.05 * 0.01) < 1e-12)
    #expect(world.state[0] < 0)
  }

  /// Place to velocity to tilt to thrusts, each loop faster than the one around it; a lander comes down slowly.
  @Test(arguments: [
    (Quadrotor.Task.hover, "hover shaped 470", "hover sparse 440", 400.0, 400.0),
    (.landing, "landing shaped 2.3", "landing sparse 1", 2.5, 1.5),
  ])
  func isFlown(task: Quadrotor.Task, shaped: String, sparse: String, shapedLead: Double, sparseLead: Double) throws {
    try expectKnownReturn(
      of: Self.world(task), limit: 500, shaped: shaped, sparse: sparse, ahead: (shapedLead, sparseLead)
    ) { _ in
      { world in
        let s = world.motion
        var climb = -1.5 * s[1]
        if task == .landing { climb = s[1] < 0.5 && abs(s[0]) > 0.25 ? 0.1 : -min(max(s[1], 0.25), 0.8) }
        let sideways = min(max(-1.5 * s[0], -1), 1)
        let tilt = -min(max(3 * (sideways - s[3]), -3), 3) / 9.8
        let lift = (4 * (climb - s[4]) / 9.8 + 1) / cos(s[2]) - 1
        let turn = (80 * (tilt - s[2]) - 16 * s[5]) * Quadrotor.inertia / Quadrotor.arm / 9.8
        return [Float(lift - turn), Float(lift + turn)]
      }
    }
  }

  @Test(
    arguments: [
      ([0, 0.001, 0, 0, -0.4, 0], 1.0), ([0, 0.001, 0, 0, -0.6, 0], -1), ([0, 0.001, 0.3, 0, -0.4, 0], -1),
      ([0.4, 0.001, 0, 0, -0.4, 0], -1), ([1.99, 1, 0, 1, 0, 0], -1), ([0, 2.99, 0, 0, 1, 0], -1),
      ([0, 1, 0, 0, 0, 0], 0),
    ] as [([Double], Double)])
  func landsSoftlyOrNot(state: [Double], outcome: Double) throws {
    var world = Self.world(.landing)
    world.reward = .sparse
    var observation = world.emptyObservation()
    try world.restore(state: state, into: &observation)
    let step = world.step([0, 0], into: &observation)
    #expect(step == Step(reward: outcome, ending: outcome == 0 ? .running : .terminated))
  }

  @Test(arguments: [[1.99, 0, 0, 1, 0, 0], [0, -1.99, 0, 0, -1, 0], [0, 0, 1.57, 0, 0, 1]])
  func aHoverEndsOutsideItsRange(state: [Double]) throws {
    var world = Quadrotor()
    var observation = world.emptyObservation()
    try world.restore(state: state, into: &observation)
    #expect(world.step([0, 0], into: &observation) == Step(reward: -1, ending: .terminated))
  }

  @Test(arguments: [[], [0, 0, 0, 0, 0], [0, 0, .nan, 0, 0, 0], [0, 0, 0, 0, 0, .infinity]])
  func refusesImpossibleStates(state: [Double]) {
    var world = Quadrotor()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
