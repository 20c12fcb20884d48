/// Curves over an axis, as a figure of a book or a comparison of runs shows them.
public struct Chart: Sendable {
  public struct Curve: Sendable {
    public var name: String
    public var points: [Drawing.Point]

    public init(_ name: String, _ points: [Drawing.Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  /// What the axes measure.
  public var x: String
  public var y: String
  public var curves: [Curve]

  public init(_ title: String, x: String, y: String, _ curves: [Curve]) {
    self.title = title
    self.x = x
    self.y = y
    self.curves = curves
  }
}
