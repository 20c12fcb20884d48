import Networks
import RLCore

/// Least-squares TD: the fixed point of TD(0) for the transitions so far.
///
/// Source: Bradtke & Barto (1996), doi:10.1007/BF00114723; Sutton & Barto, 2nd ed., §9.8, box "LSTD for estimating
/// v̂ = wᵀx(·) ≈ v_π"; Zhao, §8.2.6.
///
/// Deviations from the source: where the equations are solved, it is done once in `solveEvery` steps. A truncated step
/// bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LSTD: Agent {
  public enum Method: String, CaseIterable, Sendable {
    /// A w = b is solved now and then.
    case solved
    /// A⁻¹ is kept, by Sherman and Morrison's formula, and w is right after each step.
    case recursive
  }

  public struct Configuration: LinearPolicySettings, Equatable {
    public static let id = "lstd"
    public static let summary = "prediction with linear values by least squares, LSTD"

    public var method = Method.solved
    public var solveEvery = 100
    public var epsilon = 0.001
    public var policy = FollowedPolicy.uniform
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [
        .choice("method", \.method, "solved (the equations, now and then) or recursive (the inverse, at each step)"),
        .integer("solveEvery", \.solveEvery, in: 1...Int.max, "steps from one solution to the next"),
        .number("epsilon", \.epsilon, in: 1e-12...1e12, "the diagonal ε that A starts from"),
      ] + linearPolicySettings

    public func misfit(in world: some FiniteEnvironment) -> String? {
      policy.misfit(in: world).map { "its policy \($0)" }
        ?? features.misfit(in: world, blocks: 1, most: FeatureSettings.mostSquared)
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LSTD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private let method: Method
  private let solveEvery: Int
  private var steps = 0
  /// A = ε I + Σ x (x − γ x′)ᵀ column by column where it is solved, else A⁻¹ row by row. Shape `[d, d]`.
  private var matrix: [Double]
  /// b = Σ R x. Shape `[d]`.
  private var b: [Double]
  private var x: ActiveFeatures
  private var ahead: ActiveFeatures
  /// A⁻¹ x and A⁻ᵀ (x − γ x′). Shape `[d]`.
  private var columns: [Double]
  private var rows: [Double]

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    (method, solveEvery) = (configuration.method, configuration.solveEvery)
    let d = values.w.count
    let diagonal = method == .solved ? configuration.epsilon : 1 / configuration.epsilon
    matrix = (0..<d * d).map { $0 / d == $0 % d ? diagonal : 0 }
    b = .init(repeating: 0, count: d)
    (columns, rows) = (b, b)
    (x, ahead) = (ActiveFeatures(for: values.features), ActiveFeatures(for: values.features))
  }

  /// Shape `[features]`.
  public var w: [Double] { values.w }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ~ π(· | S)
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    values.features.write(s, into: &x)
    ahead.clear()
    if ending != .terminated { values.features.write(next, into: &ahead) }
    // b ← b + R x
    x.add(r, to: &b, rates: [])
    switch method {
    case .solved: addOuterProduct()
    case .recursive: updateInverse()
    }
    steps += 1
    if method == .recursive {
      // w ← A⁻¹ b
      let d = b.count
      for i in 0..<d {
        var sum = 0.0
        for j in 0..<d { sum += matrix[i &* d &+ j] * b[j] }
        values.w[i] = sum
      }
    } else if steps % solveEvery == 0 {
      solveForWeights()
    }
    values.measure(values.w[0], ending, into: &meter)
  }

  /// A ← A + x (x − γ x′)ᵀ
  private mutating func addOuterProduct() {
    let d = b.count
    for i in 0..<x.count {
      let (row, value) = x[i]
      for j in 0..<x.count { matrix[x[j].index &* d &+ row] += value * x[j].value }
      for j in 0..<ahead.count { matrix[ahead[j].index &* d &+ row] -= values.gamma * value * ahead[j].value }
    }
  }

  /// A⁻¹ ← A⁻¹ − (A⁻¹ x) (A⁻ᵀ (x − γ x′))ᵀ / (1 + (x − γ x′)ᵀ A⁻¹ x)
  private mutating func updateInverse() {
    let d = b.count
    for i in 0..<d { (columns[i], rows[i]) = (0, 0) }
    for k in 0..<x.count {
      let (index, value) = x[k]
      for i in 0..<d {
        columns[i] += matrix[i &* d &+ index] * value
        rows[i] += matrix[index &* d &+ i] * value
      }
    }
    for k in 0..<ahead.count {
      let (index, value) = ahead[k]
      for i in 0..<d { rows[i] -= values.gamma * matrix[index &* d &+ i] * value }
    }
    let scale = 1 / (1 + x.product(rows))
    for i in 0..<d {
      for j in 0..<d { matrix[i &* d &+ j] -= scale * columns[i] * rows[j] }
    }
  }

  /// w ← A⁻¹ b, unless A is singular.
  private mutating func solveForWeights() {
    var (a, w) = (matrix, b)
    if solve(&a, &w) { values.w = w }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    checkpoint.add("a", matrix)
    checkpoint.add("b", b)
    checkpoint.add("steps", steps)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    matrix = try checkpoint.doubles("a", count: matrix.count)
    b = try checkpoint.doubles("b", count: b.count)
    steps = try checkpoint.int("steps")
  }
}
