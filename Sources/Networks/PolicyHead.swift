import RLCore

/// What the outputs of a policy network mean: a distribution over actions.
///
/// Beside the outputs, which depend on the state, a distribution may have free parameters that hold for all states. Both
/// are read from memory of the caller's. Log-probabilities are natural; gradients are exact and tested against finite
/// differences.
public protocol PolicyHead<Action>: Sendable {
  associatedtype Action: SpaceElement
  typealias Scalar = Action.Scalar

  /// Network outputs for one state.
  var outputs: Int { get }
  /// Numbers in one action as the distribution draws it, which is how rollouts keep it.
  var actionSize: Int { get }
  /// First values of the free parameters.
  var freeParameters: [Float] { get }

  /// Draws an action and returns its log-probability.
  func sample(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, into action: UnsafeMutablePointer<Scalar>,
    using random: inout RandomStream
  ) -> Float

  /// The most probable action.
  func mode(_ outputs: UnsafePointer<Float>, into action: UnsafeMutablePointer<Scalar>)

  /// Log-probability of an action.
  func logProbability(
    of action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float

  /// Entropy in nats, differential where actions are continuous.
  func entropy(_ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>) -> Float

  /// Sets `gradient` to that of `logWeight`·log π(action) + `entropyWeight`·H with respect to the outputs, and adds the
  /// same with respect to the free parameters to `freeGradient`. Returns H.
  @discardableResult func pullBack(
    _ logWeight: Float, _ entropyWeight: Float, at action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) -> Float

  /// The Kullback–Leibler divergence KL(π‖other) at one state.
  func divergence(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, from other: UnsafePointer<Float>,
    _ otherFree: UnsafePointer<Float>
  ) -> Float

  /// Writes a drawn action as the world takes it.
  func write(_ action: UnsafePointer<Scalar>, to row: UnsafeMutablePointer<Scalar>)
}
