/// Curves over an axis, as a figure of a book or a comparison of runs shows them.
public struct Chart: Sendable {
  public struct Curve: Sendable {
    public var name: String
    public var points: [Drawing.Point]
    /// The interval around each point; empty where there is none.
    public var band: [ClosedRange<Double>]

    public init(_ name: String, _ points: [Drawing.Point], band: [ClosedRange<Double>] = []) {
      precondition(band.isEmpty || band.count == points.count, "a band has an interval for each point")
      self.name = name
      self.points = points
      self.band = band
    }
  }

  public var title: String
  /// What the axes measure.
  public var x: String
  public var y: String
  public var curves: [Curve]
  /// Whether y is drawn by its logarithm; what is not positive then leaves a gap.
  public var isLogarithmic: Bool

  public init(_ title: String, x: String, y: String, isLogarithmic: Bool = false, _ curves: [Curve]) {
    self.title = title
    self.x = x
    self.y = y
    self.curves = curves
    self.isLogarithmic = isLogarithmic
  }
}
