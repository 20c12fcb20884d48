import RLCore
import Testing

@testable import Environments

/// The grid worlds of Zhao's and of Sutton and Barto's books, held to their exact results.
@Suite struct TextbookGridTests {
  private func world(_ id: String, _ settings: [String: Double] = [:]) throws -> GridWorld {
    var world = try GridWorld(bundled: id)
    for (name, value) in settings { try world.set(name, to: .number(value)) }
    return world
  }

  @Test(arguments: [
    ("Zhao-5x5", ["step": -0.1, "forbidden": -1], "zhao-3.4-v3-optimal-5x5", "v_star"),
    ("Zhao-5x5", ["boundary": -10], "zhao-3.4-v4-optimal-5x5", "v_star"),
    ("Zhao-5x5", ["forbidden": -1], "zhao-3.4a-optimal-5x5", "v_star"),
    ("Zhao-5x5", ["forbidden": -1, "discount": 0.5], "zhao-3.4b-optimal-5x5", "v_star"),
    ("Zhao-5x5", ["forbidden": -1, "discount": 0], "zhao-3.4c-optimal-5x5", "v_star"),
    ("Zhao-5x5", [:], "zhao-3.4d-optimal-5x5", "v_star"),
    ("Zhao-3x3", [:], "zhao-5.3-mc-basic-3x3", "v_star"),
    ("Zhao-7x7", [:], "zhao-style-7x7a-g0.9-rf-1.0", "v_star"),
    ("Zhao-7x7", ["forbidden": -10], "zhao-style-7x7a-g0.9-rf-10.0", "v_star"),
    ("Zhao-2x2", [:], "zhao-2.1-2x2-returns", "v_policy1_down"),
    ("Zhao-1x2", [:], "zhao-4.3-policy-iteration-two-states", "v_pi1"),
    ("Zhao-cycle", [:], "zhao-2.3-cycle-g0.9", "v"),
    ("SB-gridworld-5x5", [:], "sb-3.8-gridworld-optimal", "v_star"),
    ("SB-windy", [:], "sb-6.5-windy-gridworld-optimum", "v_star_4_moves"),
    ("SB-windy-kings", [:], "sb-6.5-windy-gridworld-optimum", "v_star_kings_moves"),
  ])
  func hasItsOptimalValues(id: String, settings: [String: Double], entry: String, quantity: String) throws {
    let values = optimalValues(of: try world(id, settings))
    #expect(distance(values, try textbook(entry, quantity)) < 1e-9)
  }

  @Test(arguments: [
    ("Zhao-5x5", ["forbidden": -1], "zhao-8.6-uniform-policy-values", "v"),
    ("Zhao-7x7", [:], "zhao-style-7x7a-g0.9-rf-1.0", "v_uniform"),
    ("Zhao-7x7", ["forbidden": -10], "zhao-style-7x7a-g0.9-rf-10.0", "v_uniform"),
    ("SB-gridworld-5x5", [:], "sb-3.5-gridworld-random", "v"),
    ("SB-gridworld-4x4", [:], "sb-4.1-gridworld-evaluation", "v_inf"),
  ])
  func aUniformPolicyHasItsValues(id: String, settings: [String: Double], entry: String, quantity: String) throws {
    let values = uniformValues(of: try world(id, settings))
    #expect(distance(values, try textbook(entry, quantity)) < 1e-9)
  }

  @Test(arguments: [
    ("Zhao-2x2", [2, 2, 1, 4], "zhao-2.1-2x2-returns", "v_policy1_down"),
    ("Zhao-2x2", [1, 2, 1, 4], "zhao-2.1-2x2-returns", "v_policy2_right"),
    ("Zhao-1x2", [0, 0], "zhao-4.3-policy-iteration-two-states", "v_pi0"),
  ])
  func aPolicyHasItsValues(id: String, actions: [Int], entry: String, quantity: String) throws {
    let values = policyValues(of: try world(id), actions: actions)
    #expect(distance(values, try textbook(entry, quantity)) < 1e-9)
  }

  /// Actions 0 to 3 of example 4.1 are up, down, right and left: cell 11 is above the end, cell 7 above cell 11.
  @Test func theSmallGridworldHasItsActionValues() throws {
    let world = try world("SB-gridworld-4x4")
    let q = actionValues(of: world, uniformValues(of: world))
    #expect(abs(q[11][1] - (try textbook("sb-4.1-exercise-q", "q_11_down")[0])) < 1e-9)
    #expect(abs(q[7][1] - (try textbook("sb-4.1-exercise-q", "q_7_down")[0])) < 1e-9)
  }

  @Test func zhaosThirdWorldHasItsActionValues() throws {
    let world = try world("Zhao-3x3")
    let q = actionValues(of: world, policyValues(of: world, actions: [0, 2, 1, 1, 2, 2, 1, 1, 4]))
    #expect(distance(q.flatMap(\.self), try textbook("zhao-5.3-mc-basic-3x3", "q_pi0")) < 1e-9)
  }

  @Test func aDetourInTheOpenWorldCosts() throws {
    let world = try world("Zhao-2x2-open")
    let direct = policyValues(of: world, actions: [2, 2, 1, 4])
    let detour = policyValues(of: world, actions: [2, 3, 1, 4])
    #expect(abs(direct[1] - (try textbook("zhao-3.5-detour", "v_s2_direct")[0])) < 1e-9)
    #expect(abs(detour[1] - (try textbook("zhao-3.5-detour", "v_s2_detour")[0])) < 1e-9)
  }

  @Test func aNinthActionDoesNotHelpTheKing() throws {
    var world = try world("SB-windy-kings")
    world.actions.append(.stay)
    let known = try textbook("sb-6.5-windy-gridworld-optimum", "v_star_kings_plus_stay")
    #expect(distance(optimalValues(of: world), known) < 1e-9)
  }

  @Test func theStochasticWindHasItsOptimum() throws {
    let known = try fixture("textbook-variants", as: TextbookVariants.self).windyStochastic
    #expect(distance(optimalValues(of: try world("SB-windy-stochastic")), known) < 1e-9)
  }

  @Test func theDynaMazeTakesItsStepsAndARandomWalkItsMany() throws {
    let maze = try world("SB-dyna-maze")
    let steps = try textbook("sb-8.1-mazes-optima", "dyna_maze")[0]
    #expect(abs(optimalValues(of: maze)[18] - repeatedProduct(0.95, Int(steps) - 1)) < 1e-12)
    let walk = uniformValues(of: try world("SB-dyna-maze", ["discount": 1])) { _ in 1 }
    #expect(abs(walk[18] - (try textbook("sb-8.1-mazes-optima", "dyna_maze_random_walk_steps")[0])) < 1e-8)
  }

  /// Zhao's section 7.2: the same map as a task with an end.
  @Test func zhaosWorldCanEnd() throws {
    var world = try world("Zhao-5x5", ["target": 0, "boundary": -10, "step": -1, "discount": 1])
    try world.set("continuing", to: .flag(false))
    #expect(abs(optimalValues(of: world)[0] + 10) < 1e-9)
  }
}

/// Fixtures/textbook-variants.json.
struct TextbookVariants: Decodable {
  var windyStochastic: [Double]
  var carRental: [Double]
  var carsMoved: [Int]
}

func repeatedProduct(_ base: Double, _ count: Int) -> Double { (0..<count).reduce(1) { product, _ in product * base } }
