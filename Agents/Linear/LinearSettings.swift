import RLCore

/// What every linear method of control is told.
public protocol LinearControlSettings: FeatureChoice, FiniteLearning, VectorLearning {
  var alpha: Schedule { get set }
  var epsilon: Schedule { get set }
  var initialWeight: Double { get set }
  /// The discount γ; the environment's own, or 1, where this is `nil`.
  var discount: Double? { get set }
}

extension LinearControlSettings {
  public static var needsModel: Bool { false }

  static var linearControlSettings: [Setting<Self>] {
    [
      .schedule("alpha", \.alpha, in: 0...10, "step size α"),
      .schedule("epsilon", \.epsilon, in: 0...1, "probability ε of a uniformly random action"),
      .number("initialWeight", \.initialWeight, in: -1e9...1e9, "what every weight starts from"),
      .inherited("discount", \.discount, in: 0...1, "discount γ; 1 where the environment has none"),
    ] + featureSettings
  }

  public func misfit(in world: some FiniteEnvironment) -> String? {
    features.misfit(in: world, blocks: world.sizes.actions)
  }
  public func misfit(in world: some Environment<[Float], Int>) -> String? { features.misfit(in: world) }
}

/// What every linear method of prediction is told.
public protocol LinearPolicySettings: FeatureChoice, FiniteLearning {
  var policy: FollowedPolicy { get set }
  var initialWeight: Double { get set }
  /// The discount γ; the environment's own where this is `nil`.
  var discount: Double? { get set }
}

/// What every one that goes in steps is told.
public protocol LinearPredictionSettings: LinearPolicySettings {
  var alpha: Schedule { get set }
}

/// What every one that learns of another policy than the one that acts is told.
public protocol OffPolicySettings: LinearPredictionSettings {
  /// The policy that acts: it must be able to do all that `policy` does.
  var behaviour: FollowedPolicy { get set }
}

extension LinearPolicySettings {
  public static var needsModel: Bool { false }

  static var linearPolicySettings: [Setting<Self>] {
    [
      .policy("policy", \.policy, "the policy whose values are predicted"),
      .number("initialWeight", \.initialWeight, in: -1e9...1e9, "what every weight starts from"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ] + featureSettings
  }

  public func misfit(in world: some FiniteEnvironment) -> String? {
    policy.misfit(in: world).map { "its policy \($0)" } ?? features.misfit(in: world, blocks: 1)
  }
}

extension LinearPredictionSettings {
  static var linearPredictionSettings: [Setting<Self>] {
    [.schedule("alpha", \.alpha, in: 0...10, "step size α")] + linearPolicySettings
  }
}

extension OffPolicySettings {
  static var offPolicySettings: [Setting<Self>] {
    [.policy("behaviour", \.behaviour, "the policy that acts")] + linearPredictionSettings
  }

  public func misfit(in world: some FiniteEnvironment) -> String? {
    if let reason = policy.misfit(in: world) { return "its policy \(reason)" }
    return behaviour.misfit(in: world, of: policy).map { "its behaviour \($0)" }
      ?? features.misfit(in: world, blocks: 1)
  }
}

extension Agent<[Float], Int> {
  /// This rule learning in a world.
  func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    Interaction(world, self, seed: seed)
  }
}
