import RLCore

/// What every agent that chooses ε-greedily from action values is told.
public protocol ChoiceSettings: FiniteLearning {
  var alpha: StepSize { get set }
  var epsilon: Schedule { get set }
  var initialValue: Double { get set }
}

/// What every agent that learns action values of a finite world and acts ε-greedily is told.
public protocol ControlSettings: ChoiceSettings {
  /// The discount γ; the environment's own where this is `nil`.
  var discount: Double? { get set }
}

extension ChoiceSettings {
  public static var needsModel: Bool { false }

  static var choiceSettings: [Setting<Self>] {
    [
      .stepSize("alpha", \.alpha, in: 0...1, "step size α"),
      .schedule("epsilon", \.epsilon, in: 0...1, "probability ε of a uniformly random action"),
      .number("initialValue", \.initialValue, in: -1e9...1e9, "value that every Q(s, a) starts from"),
    ]
  }
}

extension ControlSettings {
  static var controlSettings: [Setting<Self>] {
    choiceSettings + [.inherited("discount", \.discount, in: 0...1, "discount γ")]
  }
}

/// The policy whose values a method learns while it acts ε-greedily.
public enum TargetPolicy: String, CaseIterable, Sendable {
  case greedy
  case epsilonGreedy = "epsilon-greedy"
}

/// What every agent that predicts the values of a given policy is told.
public protocol PolicySettings: FiniteLearning {
  var policy: FollowedPolicy { get set }
  var initialValue: Double { get set }
  /// The discount γ; the environment's own where this is `nil`.
  var discount: Double? { get set }
}

/// What every agent that does so in steps towards a target is told.
public protocol PredictionSettings: PolicySettings {
  var alpha: StepSize { get set }
}

extension PolicySettings {
  public static var needsModel: Bool { false }

  static var policySettings: [Setting<Self>] {
    [
      .policy("policy", \.policy, "the policy whose values are predicted"),
      .number("initialValue", \.initialValue, in: -1e9...1e9, "value that every v(s) starts from"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ]
  }

  public func misfit(in world: some FiniteEnvironment) -> String? {
    policy.misfit(in: world).map { "its policy \($0)" }
  }
}

extension PredictionSettings {
  static var predictionSettings: [Setting<Self>] {
    [.stepSize("alpha", \.alpha, in: 0...1, "step size α")] + policySettings
  }
}
