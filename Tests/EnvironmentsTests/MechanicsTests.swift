import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct MechanicsTests {
  /// Halving the step divides the error by 2⁴.
  @Test func rungeKuttaIsOfFourthOrder() {
    func error(steps: Int) -> Double {
      var state = SIMD2(1.0, 0)
      for _ in 0..<steps { state = rungeKutta4(state, over: 2 / Double(steps)) { SIMD2($0.y, -$0.x) } }
      return length(state - SIMD2(cos(2), -sin(2)))
    }
    for steps in [10, 20, 40] { #expect(abs(error(steps: steps) / error(steps: 2 * steps) - 16) < 1) }
  }

  @Test func actionsAreClippedAndAnUndefinedOneIsNotHidden() {
    #expect(clipped(3) == 1 && clipped(-3) == -1 && clipped(0.25) == 0.25)
    #expect(clipped(.nan).isNaN)
  }

  /// Accelerations of Gymnasium's Acrobot-v1 in its "book" form, with its moment of inertia set to 1/12.
  @Test(
    arguments: [
      ([0.3, -0.7, 1.1, -2], 0, [-8.094554524791057, 24.27484444081675]),
      ([2.5, 1.2, -3, 4], 1.5, [-7.918547664811053, 11.928632001414515]),
      ([-1, 3, 0.5, -6], -7, [7.465690266911316, -30.798816424993518]),
      ([3.1, -0.1, 8, -15], 10, [-53.68615685792724, 171.32262527465326]),
    ] as [([Double], Double, [Double])])
  func rodsAccelerateAsGymnasiumsAcrobot(state: [Double], torque: Double, accelerations: [Double]) {
    let slope = TwoRods(gravity: 9.8, damping: 0).slope(SIMD4(state), torque: SIMD2(0, torque))
    #expect(slope.x == state[2] && slope.y == state[3])
    #expect(abs(slope.z - accelerations[0]) < 1e-12 * 200 && abs(slope.w - accelerations[1]) < 1e-12 * 200)
  }

  /// The power of the torques is the change of the energy.
  @Test func torquesWorkAtBothJoints() {
    let rods = TwoRods(gravity: 9.8, damping: 0.3)
    let state = SIMD4(0.4, -1.3, 1.5, -2.5)
    let torque = SIMD2(2.0, -3)
    let ahead = rungeKutta4(state, over: 1e-4) { rods.slope($0, torque: torque) }
    let behind = rungeKutta4(state, over: -1e-4) { rods.slope($0, torque: torque) }
    let power = (rods.energy(ahead) - rods.energy(behind)) / 2e-4
    #expect(abs(power - ((2 - 0.3 * 1.5) * 1.5 + (-3 + 0.3 * 2.5) * -2.5)) < 1e-5)
  }
}
