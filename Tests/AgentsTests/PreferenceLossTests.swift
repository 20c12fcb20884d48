import Testing

@testable import Agents

@Suite struct PreferenceLossTests {
  static func loss(_ kind: PreferenceLoss.Kind) -> PreferenceLoss {
    var loss = PreferenceLoss(kind, beta: 0.3)
    loss.smoothing = 0.1
    loss.margin = 0.4
    loss.bias = 0.5
    return loss
  }

  /// The slopes in both log-probabilities are those of the loss, in each order and for labels between.
  @Test(arguments: PreferenceLoss.Kind.allCases, [1, 0, 0.5, 0.83])
  func slopes(_ kind: PreferenceLoss.Kind, _ preference: Double) {
    let loss = Self.loss(kind)
    for (a, b) in [(-7.0, -9.5), (-12.25, -3.5), (-4.0, -4.125)] {
      func value(_ a: Double, _ b: Double) -> Double {
        loss(
          .init(policy: a, reference: -8, length: 5), .init(policy: b, reference: -7.5, length: 9),
          preference: preference, baseline: 0.2
        ).loss
      }
      let found = loss(
        .init(policy: a, reference: -8, length: 5), .init(policy: b, reference: -7.5, length: 9),
        preference: preference, baseline: 0.2)
      let step = 1e-6
      #expect(abs((value(a + step, b) - value(a - step, b)) / (2 * step) - found.left) < 1e-7)
      #expect(abs((value(a, b + step) - value(a, b - step)) / (2 * step) - found.right) < 1e-7)
    }
  }

  /// Exchanging the clips and the label exchanges the slopes.
  @Test(arguments: PreferenceLoss.Kind.allCases) func symmetry(_ kind: PreferenceLoss.Kind) {
    let loss = Self.loss(kind)
    let (a, b) = (
      PreferenceLoss.Clip(policy: -3, reference: -4, length: 6),
      PreferenceLoss.Clip(policy: -5, reference: -2, length: 3)
    )
    let (one, other) = (loss(a, b, preference: 0.7), loss(b, a, preference: 0.3))
    #expect(abs(one.loss - other.loss) < 1e-12)
    #expect(abs(one.left - other.right) < 1e-12 && abs(one.right - other.left) < 1e-12)
  }

  /// Where policy and reference are the same, `sigmoid` costs ln 2; far out nothing overflows.
  @Test func values() {
    let same = PreferenceLoss.Clip(policy: -3, reference: -3, length: 6)
    #expect(abs(PreferenceLoss(.sigmoid)(same, same, preference: 1).loss - 0.693_147_180_559_945_3) < 1e-15)
    let far = PreferenceLoss.Clip(policy: -1e5, reference: 0, length: 6)
    for kind in PreferenceLoss.Kind.allCases {
      let found = PreferenceLoss(kind, beta: 1)(far, same, preference: 1)
      #expect(found.loss.isFinite && found.left.isFinite && found.right.isFinite)
    }
  }

  /// Over labels that flip with probability ε, `robust` costs on average what `sigmoid` does without flips.
  @Test func robustIsUnbiased() {
    var robust = PreferenceLoss(.robust, beta: 0.3)
    robust.smoothing = 0.2
    let (a, b) = (
      PreferenceLoss.Clip(policy: -3, reference: -4, length: 6),
      PreferenceLoss.Clip(policy: -5, reference: -2, length: 3)
    )
    for p in [0.0, 0.3, 1] {
      let flipped = robust(a, b, preference: 0.8 * p + 0.2 * (1 - p)).loss
      #expect(abs(flipped - PreferenceLoss(.sigmoid, beta: 0.3)(a, b, preference: p).loss) < 1e-12)
    }
  }
}
