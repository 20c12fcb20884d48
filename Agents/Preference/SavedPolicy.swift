import Networks
import RLCore

/// The settings of an agent whose checkpoint holds a policy network as `policy`, with what it normalises by.
public protocol PolicyNetworkSettings: DiscreteLearning {
  var hidden: [Int] { get set }
  var activation: Activation { get set }
  var normalizeObservations: Bool { get set }
  var states: StateEncoding { get set }
  /// Values for each number of an action (``Networks/MultiCategorical``); fewer than 2 for a Gaussian.
  var bins: Int { get }
}

extension PolicyNetworkSettings {
  public var bins: Int { 0 }
}

/// A policy network as a checkpoint has it.
public struct SavedPolicy: Sendable, Equatable {
  /// The network's parameters, then the head's free ones.
  public let parameters: [Float]
  /// Of each number of an observation: count, mean, squares; empty where they are not normalised.
  public let moments: [Double]

  public init(parameters: [Float], moments: [Double]) {
    self.parameters = parameters
    self.moments = moments
  }

  /// Throws ``RLCore/CoreError/badCheckpoint``.
  public init(from checkpoint: CheckpointReader) throws {
    parameters = try checkpoint.floats("policy")
    let normalizer = "normalizer/observations"
    moments = checkpoint.tensors[normalizer] == nil ? [] : try checkpoint.doubles(normalizer)
    guard parameters.allSatisfy(\.isFinite), moments.allSatisfy(\.isFinite) else {
      throw CoreError.badCheckpoint("its policy is not of finite numbers")
    }
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("policy", parameters)
    checkpoint.add("normalizer/observations", moments)
  }

  /// Why it is no policy of such a network, `nil` where it is.
  public func misfit(with settings: some PolicyNetworkSettings, observations: Int, actions: Space) -> String? {
    let (outputs, free) =
      switch actions {
      case .discrete(let n): (n, 0)
      case .box(let low, _): settings.bins > 1 ? (low.count * settings.bins, 0) : (low.count, low.count)
      }
    let sizes = [observations] + settings.hidden + [outputs]
    let count = MLP(sizes, hidden: settings.activation, output: .identity).parameterCount + free
    if parameters.count != count {
      return "its policy has \(parameters.count) parameters; expected \(count) of a network \(sizes)"
    }
    if moments.count != (settings.normalizeObservations ? 3 * observations : 0) {
      return "its policy normalises \(moments.count / 3) numbers of an observation; expected "
        + (settings.normalizeObservations ? "\(observations)" : "none")
    }
    return nil
  }
}
