import RLCore
import Testing

@testable import Environments

@Suite struct ShortCorridorTests {
  @Test(arguments: [("v_p0.05", 0.05), ("v_p0.3", 0.3), ("v_p0.5", 0.5), ("v_p0.95", 0.95)])
  func aBlindPolicyHasItsValue(quantity: String, right: Double) throws {
    let values = policyValues(of: ShortCorridor(), everywhere: [1 - right, right])
    #expect(abs(values[0] - (try textbook("sb-13.1-short-corridor", quantity)[0])) < 1e-9)
  }

  /// v = −2(2 − p) / (p(1 − p)), which is largest at 2 − √2.
  @Test func theBestBlindPolicyIsTheBooks() throws {
    let best = 2 - 2.0.squareRoot()
    #expect(abs(best - (try textbook("sb-13.1-short-corridor", "p_star")[0])) < 1e-12)
    let values = policyValues(of: ShortCorridor(), everywhere: [1 - best, best])
    #expect(abs(values[0] - (try textbook("sb-13.1-short-corridor", "v_star")[0])) < 1e-9)
  }

  @Test func threeStepsAreEnoughForOneWhoSees() {
    #expect(optimalValues(of: ShortCorridor()) == [-3, -2, -1, 0])
  }

  @Test func keepsItsPromises() throws { #expect(try brokenPromises(of: ShortCorridor(), limit: 500) == []) }
}
