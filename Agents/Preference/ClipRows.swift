import Networks
import RLCore

/// The steps of many clips, one after another, as a policy network reads them.
struct ClipRows<Head: RecordedActions>: Sendable {
  let observationSize: Int
  let actionSize: Int
  /// The first row of each clip; one more entry closes the last.
  private(set) var starts = [0]
  /// Normalised as the policy wants them. Shape `[rows, observationSize]`.
  private(set) var observations: [Float] = []
  /// Shape `[rows, actionSize]`.
  private(set) var actions: [Head.Scalar] = []

  init(_ head: Head, observationSize: Int) {
    self.observationSize = observationSize
    actionSize = head.actionSize
  }

  var rows: Int { starts.last! }
  var count: Int { starts.count - 1 }
  func rows(of clip: Int) -> Range<Int> { starts[clip]..<starts[clip + 1] }
  func length(of clip: Int) -> Int { starts[clip + 1] - starts[clip] }

  /// Takes up clips of the right shape; see ``misfit(of:in:)``.
  mutating func append(_ clips: [Episode], _ head: Head, _ normalizer: RowNormalizer) {
    var drawn = [Head.Scalar](repeating: 0, count: actionSize)
    for clip in clips {
      var seen = floats(clip.observations, count: clip.length * observationSize)
      normalizer.normalize(&seen, rows: clip.length)
      observations += seen
      let taken: [Head.Scalar] = scalars(clip.actions)
      for t in 0..<clip.length {
        taken.withUnsafeBufferPointer { taken in
          drawn.withUnsafeMutableBufferPointer {
            head.read(taken.baseAddress! + t * actionSize, into: $0.baseAddress!)
          }
        }
        actions += drawn
      }
      starts.append(starts.last! + clip.length)
    }
  }

  private func floats(_ tensor: Tensor, count: Int) -> [Float] {
    guard case .float32(let values) = tensor.values else { preconditionFailure("observations are 32-bit floats") }
    return Array(values[..<count])
  }

  private func scalars(_ tensor: Tensor) -> [Head.Scalar] {
    switch tensor.values {
    case .int64(let values): values.map { Head.Scalar(exactly: $0)! }
    case .float32(let values): values as! [Head.Scalar]
    default: preconditionFailure("actions are 64-bit integers or 32-bit floats")
    }
  }
}

/// Why a policy in a world cannot learn from clips, `nil` where it can.
public func misfit(of clips: [Episode], observations: Int, actions: Space) -> String? {
  for clip in clips {
    guard case .float32(let seen) = clip.observations.values, clip.observations.shape.dropFirst() == [observations]
    else {
      return "its observations have the shape \(clip.observations.shape); expected \(observations) numbers in each"
    }
    guard seen.allSatisfy(\.isFinite) else { return "an observation is not a finite number" }
    switch (actions, clip.actions.values) {
    case (.discrete(let n), .int64(let taken)):
      if let wrong = taken.first(where: { $0 < 0 || $0 >= n }) {
        return "it holds the action \(wrong); expected one of 0...\(n - 1)"
      }
    case (.box(let low, _), .float32(let taken)) where clip.actions.shape.dropFirst() == [low.count]:
      guard taken.allSatisfy(\.isFinite) else { return "an action is not a finite number" }
    default: return "its actions have the shape \(clip.actions.shape); expected those of \(actions)"
    }
  }
  return nil
}
