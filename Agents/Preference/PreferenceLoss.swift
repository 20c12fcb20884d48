import Foundation
import RLCore

/// What a preference costs a policy, from the log-probabilities of the two clips alone.
///
/// With s = Σ γᵗ log π(a_t|s_t), s_ref alike for the reference, u = s − s_ref, and h = β(u₊ − u₋) of the preferred clip
/// (+) over the other (−):
///
/// - `sigmoid` −log σ(h), Rafailov et al. 2023, arXiv:2305.18290, equation 7; with `smoothing` ε
///   −(1 − ε) log σ(h) − ε log σ(−h), conservative DPO (Mitchell 2023).
/// - `robust` [−(1 − ε) log σ(h) + ε log σ(−h)]/(1 − 2ε), whose mean over labels that flip with probability ε is that of
///   `sigmoid` over the true ones: Chowdhury et al. 2024, arXiv:2403.00409.
/// - `ipo` (u₊ − u₋ − 1/(2β))², Azar et al. 2023, arXiv:2310.12036, equation 17.
/// - `hinge` max(0, 1 − h), Zhao et al. 2023, arXiv:2305.10425.
/// - `simpo` −log σ(β(s₊/T₊ − s₋/T₋) − margin), without a reference: Meng et al. 2024, arXiv:2405.14734, equation 6.
/// - `kto` the mean of 1 − σ(βu₊ − z) and 1 − σ(z − βu₋), each clip for itself: Ethayarajh et al. 2024,
///   arXiv:2402.01306, equation 8 with both λ = 1.
/// - `cpl` −log [e^{βs₊}/(e^{βs₊} + e^{bias·βs₋})], without a reference: Hejna et al. 2024, arXiv:2310.13639, equation 10;
///   its α is β.
///
/// A preference p between 0 and 1 mixes the costs of both orders.
public struct PreferenceLoss: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable { case sigmoid, robust, ipo, hinge, simpo, kto, cpl }

  public var kind = Kind.sigmoid
  public var beta = 0.1
  /// The share of labels that are taken to be wrong, ε.
  public var smoothing = 0.0
  /// By how much the preferred clip is to lead, in `simpo`.
  public var margin = 0.0
  /// How much of the other clip counts in `cpl`: less than 1 keeps the policy near the clips.
  public var bias = 1.0

  public init(_ kind: Kind = .sigmoid, beta: Double = 0.1) {
    self.kind = kind
    self.beta = beta
  }

  /// What the policy says of a clip.
  public struct Clip: Sendable, Equatable {
    /// Σ γᵗ log π(a_t|s_t), and the same of the reference.
    public var policy: Double
    public var reference: Double
    /// Steps.
    public var length: Int

    public init(policy: Double, reference: Double, length: Int) {
      self.policy = policy
      self.reference = reference
      self.length = length
    }
  }

  /// Whether the loss compares with a reference policy.
  public var usesReference: Bool { kind != .simpo && kind != .cpl }

  /// The reward that the policy implies for a clip, up to what all clips from its start share.
  public func reward(of clip: Clip) -> Double {
    switch kind {
    case .simpo: beta * clip.policy / Double(clip.length)
    case .cpl: beta * clip.policy
    default: beta * (clip.policy - clip.reference)
    }
  }

  /// The slope of ``reward(of:)`` in Σ γᵗ log π(a_t|s_t).
  private func slope(of clip: Clip) -> Double { kind == .simpo ? beta / Double(clip.length) : beta }

  /// The loss of a pair and its slopes in Σ γᵗ log π of either clip. `preference` is the probability that the left one is
  /// the better. `baseline` is `kto`'s z, β·KL(π‖π_ref) of whole clips, through which no gradient flows.
  public func callAsFunction(
    _ left: Clip, _ right: Clip, preference: Double, baseline: Double = 0
  ) -> (loss: Double, left: Double, right: Double) {
    let (l, r) = (reward(of: left), reward(of: right))
    let one = cost(l, r, baseline)
    let other = cost(r, l, baseline)
    let rest = 1 - preference
    return (
      preference * one.loss + rest * other.loss,
      (preference * one.chosen + rest * other.rejected) * slope(of: left),
      (preference * one.rejected + rest * other.chosen) * slope(of: right)
    )
  }

  /// The cost where the clip of implied reward `chosen` is the better for certain, and its slopes in both rewards.
  private func cost(
    _ chosen: Double, _ rejected: Double, _ baseline: Double
  ) -> (loss: Double, chosen: Double, rejected: Double) {
    let h = chosen - rejected
    switch kind {
    case .sigmoid:
      let slope = -(1 - smoothing) * logistic(-h) + smoothing * logistic(h)
      return ((1 - smoothing) * softplus(-h) + smoothing * softplus(h), slope, -slope)
    case .robust:
      let scale = 1 / (1 - 2 * smoothing)
      let slope = -scale * ((1 - smoothing) * logistic(-h) + smoothing * logistic(h))
      return (scale * ((1 - smoothing) * softplus(-h) - smoothing * softplus(h)), slope, -slope)
    case .ipo:
      let gap = (h - 0.5) / beta
      return (gap * gap, 2 * gap / beta, -2 * gap / beta)
    case .hinge:
      return h < 1 ? (1 - h, -1, 1) : (0, 0, 0)
    case .simpo:
      let slope = -logistic(margin - h)
      return (softplus(margin - h), slope, -slope)
    case .kto:
      let (good, bad) = (logistic(chosen - baseline), logistic(baseline - rejected))
      return (1 - (good + bad) / 2, -good * (1 - good) / 2, bad * (1 - bad) / 2)
    case .cpl:
      let slope = -logistic(bias * rejected - chosen)
      return (softplus(bias * rejected - chosen), slope, -bias * slope)
    }
  }
}

/// log(1 + exp(x)), without overflow.
private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }
