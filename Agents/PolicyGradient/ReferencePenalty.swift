import Networks
import RLCore

/// What it costs lanes to leave a reference policy: β log π(a|s)/π_ref(a|s), subtracted from each step's reward.
///
/// Source: Ouyang et al., "Training Language Models to Follow Instructions with Human Feedback" (2022, arXiv:2203.02155),
/// equation 2, where an action is a token.
struct ReferencePenalty<Head: PolicyHead>: Sendable {
  private var reference: PolicyNetwork<Head>
  private let normalizer: RowNormalizer
  private let weight: Double
  private let lanes: Int
  /// What the lanes see, as the reference normalises it. Shape `[lanes, observationSize]`.
  private var seen: [Float]
  private var work: MLP.Workspace
  /// Of the last actions. Shape `[lanes]`.
  private(set) var costs: [Double]
  /// Σ log π/π_ref, and how many steps it is of.
  private var sum = 0.0
  private var count = 0

  /// `policy`: a network of the same kind.
  init(_ policy: PolicyNetwork<Head>, _ saved: SavedPolicy, lanes: Int, weight: Double) {
    reference = policy
    reference.theta = saved.parameters
    normalizer = RowNormalizer(saved.moments)
    (self.weight, self.lanes) = (weight, lanes)
    seen = .init(repeating: 0, count: lanes * policy.network.sizes[0])
    work = policy.workspace(rows: lanes, gradients: false)
    costs = .init(repeating: 0, count: lanes)
  }

  /// Sets the costs of the actions that a policy has just drawn with these log-probabilities.
  mutating func judge(_ observations: [Float], _ actions: [Head.Scalar], _ logProbabilities: [Float]) {
    for i in seen.indices { seen[i] = observations[i] }
    normalizer.normalize(&seen, rows: lanes)
    let head = reference.head
    reference.network.forward(reference.theta, seen, stride: reference.network.sizes[0], rows: lanes, into: &work)
    actions.withUnsafeBufferPointer { actions in
      reference.withFree { free in
        work.withOutput { outputs in
          for lane in 0..<lanes {
            let other = head.logProbability(
              of: actions.baseAddress! + lane * head.actionSize, outputs + lane * head.outputs, free)
            let ratio = Double(logProbabilities[lane] - other)
            costs[lane] = weight * ratio
            sum += ratio
          }
        }
      }
    }
    count += lanes
  }

  mutating func drain() -> Double {
    defer { (sum, count) = (0, 0) }
    return sum / Double(max(count, 1))
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("reference/divergence", sum)
    checkpoint.add("reference/count", count)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    sum = try checkpoint.double("reference/divergence")
    count = try checkpoint.int("reference/count")
  }
}
