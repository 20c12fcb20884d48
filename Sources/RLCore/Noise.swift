/// Noise added to a deterministic policy's action, in units of half the action range.
public struct ExplorationNoise: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Independent normal draws.
    case gaussian
    /// Correlated in time: x ← x − θ·x + scale·N(0, 1) (Uhlenbeck & Ornstein 1930, doi:10.1103/PhysRev.36.823).
    case ornsteinUhlenbeck = "ornstein-uhlenbeck"
  }

  public let kind: Kind
  /// Standard deviation of each normal draw.
  public var scale: Double
  /// θ: noise correlated in time lasts about 1/θ steps, with a standard deviation of scale / √(1 − (1 − θ)²).
  public let reversion: Double
  /// The process's present value. Shape `[size]`.
  private var value: [Float]

  /// `reversion` is as in Lillicrap et al. 2015, §7, where nothing else is said.
  public init(_ kind: Kind, scale: Double, reversion: Double = 0.15, size: Int) {
    self.kind = kind
    self.scale = scale
    self.reversion = reversion
    value = .init(repeating: 0, count: size)
  }

  /// Adds the next draw to `action`.
  public mutating func perturb(_ action: inout [Float], using random: inout RandomStream) {
    for i in value.indices {
      let draw = Float(scale * random.normal())
      switch kind {
      case .gaussian: value[i] = draw
      case .ornsteinUhlenbeck: value[i] += draw - Float(reversion) * value[i]
      }
      action[i] += value[i]
    }
  }

  /// Forgets the past, as at an episode's start.
  public mutating func reset() {
    for i in value.indices { value[i] = 0 }
  }

  public func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("noise/value", value) }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    value = try checkpoint.floats("noise/value", count: value.count)
  }
}
