import RLCore

/// The points of one metric, thinned so that a run of any length costs the same memory and drawing time: when there
/// are too many, neighbours are replaced by their mean.
struct Series: Sendable, Equatable {
  static let capacity = 2048

  /// Finite points, in the order of their steps.
  private(set) var points: [Drawing.Point] = []
  /// The latest value as it was recorded, finite or not.
  private(set) var last: Double?
  /// Recorded values behind one point.
  private var weight = 1
  private var pending = Drawing.Point(0, 0)
  private var pendingCount = 0

  init() {}

  init(_ points: some Sequence<(step: Double, value: Double)>) {
    for point in points { append(step: point.step, value: point.value) }
  }

  mutating func append(step: Double, value: Double) {
    last = value
    guard step.isFinite, value.isFinite else { return }
    pending.x += step
    pending.y += value
    pendingCount += 1
    guard pendingCount >= weight else { return }
    points.append(Drawing.Point(pending.x / Double(pendingCount), pending.y / Double(pendingCount)))
    pending = Drawing.Point(0, 0)
    pendingCount = 0
    if points.count >= Self.capacity { thin() }
  }

  private mutating func thin() {
    points = stride(from: 0, to: points.count - 1, by: 2).map {
      Drawing.Point((points[$0].x + points[$0 + 1].x) / 2, points[$0].y / 2 + points[$0 + 1].y / 2)
    }
    weight *= 2
  }
}
