import RLCore

/// What a colour means; ``Screen`` chooses the colour that the terminal has for it.
///
/// The hues are Okabe and Ito's, which people with any colour vision tell apart ("Color Universal Design", 2008).
enum Paint: UInt8, Sendable, CaseIterable {
  case plain, faint, frame, title, training, evaluation, good, bad, accent, extra
  /// From low to high values; the steps of viridis, which also rise in brightness.
  case heat0, heat1, heat2, heat3, heat4, heat5, heat6, heat7
  /// Text upon a bright and upon a dark heat.
  case black, white

  static let heatLevels = 8

  /// The step of the heat scale for a share in 0…1.
  static func heat(_ share: Double) -> Paint {
    let level = min(Int(min(max(share, 0), 1) * Double(heatLevels)), heatLevels - 1)
    return Paint(rawValue: Paint.heat0.rawValue + UInt8(level)) ?? .heat0
  }

  /// The colour in a terminal that has 256; `nil` keeps the terminal's own.
  var colour256: Int16? {
    switch self {
    case .plain, .title: nil
    case .faint: 245
    case .frame: 240
    case .training: 32
    case .evaluation: 214
    case .good: 36
    case .bad: 166
    case .accent: 74
    case .extra: 175
    case .heat0: 53
    case .heat1: 55
    case .heat2: 24
    case .heat3: 30
    case .heat4: 36
    case .heat5: 77
    case .heat6: 148
    case .heat7: 226
    case .black: 16
    case .white: 231
    }
  }

  /// What tells the curves of a chart apart, in turn.
  static let curves: [Paint] = [.training, .evaluation, .good, .bad, .extra, .accent, .faint]

  init(_ ink: Drawing.Ink) {
    self =
      switch ink {
      case .plain: .plain
      case .faint: .faint
      case .body: .training
      case .accent: .evaluation
      case .good: .good
      case .bad: .bad
      }
  }
}

/// How a cell looks beside its glyph.
struct Style: Sendable, Hashable {
  var paint: Paint
  /// The background; `.plain` is the terminal's own.
  var ground: Paint
  var isBold: Bool
  var isReversed: Bool

  init(_ paint: Paint, on ground: Paint = .plain, bold: Bool = false, reversed: Bool = false) {
    self.paint = paint
    self.ground = ground
    isBold = bold
    isReversed = reversed
  }

  static let plain = Style(.plain)
  static let faint = Style(.faint)
  static let bold = Style(.plain, bold: true)

  /// Readable upon a step of the heat scale.
  static func onHeat(_ ground: Paint, bold: Bool = false) -> Style {
    Style(ground.rawValue >= Paint.heat4.rawValue ? .black : .white, on: ground, bold: bold)
  }
}
