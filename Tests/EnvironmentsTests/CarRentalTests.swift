import RLCore
import Testing

@testable import Environments

@Suite struct CarRentalTests {
  /// Policy iteration from the policy that never moves a car, which keeps an action within 1e-9 of the best.
  private func policies(of rental: CarRental) -> (policies: [[Int]], values: [Double]) {
    var policies = [[Int]](repeating: [Int](repeating: 5, count: rental.stateCount), count: 1)
    while true {
      let policy = policies[policies.count - 1]
      let values = policyValues(of: rental, actions: policy)
      let better = zip(actionValues(of: rental, values), policy).map { q, old in
        q.max()! > q[old] + 1e-9 ? q.firstIndex(of: q.max()!)! : old
      }
      if better == policy { return (policies, values) }
      policies.append(better)
    }
  }

  @Test func policyIterationGoesThroughTheBooksPolicies() throws {
    let rental = CarRental()
    let (policies, values) = policies(of: rental)
    let id = "sb-4.2-jacks-car-rental"
    #expect(distance(values, try textbook(id, "v_final")) < 1e-6)
    let moved = policies.flatMap { $0.enumerated().map { Double(rental.moved($0.offset, $0.element)) } }
    #expect(Double(policies.count) == (try textbook(id, "number_of_policies")[0]))
    #expect(moved == (try textbook(id, "policies")))
    let still = policyValues(of: rental, actions: policies[0])
    #expect(abs(still.min()! - (try textbook(id, "v_pi0_min")[0])) < 1e-6)
    #expect(abs(still.max()! - (try textbook(id, "v_pi0_max")[0])) < 1e-6)
  }

  @Test func theExercisesVariantHasItsOptimum() throws {
    var rental = CarRental()
    try rental.set("freeCar", to: .flag(true))
    try rental.set("parkingFee", to: .number(4))
    let known = try fixture("textbook-variants", as: TextbookVariants.self)
    let (policies, values) = policies(of: rental)
    #expect(distance(values, known.carRental) < 1e-6)
    #expect(policies.last!.enumerated().map { rental.moved($0.offset, $0.element) } == known.carsMoved)
  }

  /// Two cars at location 1 and one at location 2.
  @Test(arguments: [(0, -1), (4, -1), (5, 0), (6, 1), (7, 2), (10, 2)])
  func noMoreCarsMoveThanThereAre(action: Int, moved: Int) {
    #expect(CarRental().moved(2 * 21 + 1, action) == moved)
  }

  @Test func keepsItsPromises() throws { #expect(try brokenPromises(of: CarRental(), limit: 100) == []) }
}
