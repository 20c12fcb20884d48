import RLCore

/// The numbers 0 ..< n by a priority that can change, the lower number first among equals: a binary heap that knows where
/// each number stands. What comes first does not depend on how the priorities came about.
///
/// Source: Cormen et al., Introduction to Algorithms, ch. 6.
struct PriorityQueue: Sendable {
  /// Of each number. Shape `[n]`.
  private var priorities: [Double]
  /// Numbers, each before those at 2i + 1 and 2i + 2, whose priorities are no larger.
  private var heap: [Int]
  /// Where each number stands in the heap.
  private var positions: [Int]

  init(_ priorities: [Double]) {
    self.priorities = priorities
    heap = Array(priorities.indices)
    positions = heap
    for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(i) }
  }

  var first: Int { heap[0] }
  var largest: Double { priorities[heap[0]] }

  mutating func set(_ number: Int, _ priority: Double) {
    let rises = priority > priorities[number]
    priorities[number] = priority
    if rises { rise(positions[number]) } else { sink(positions[number]) }
  }

  private mutating func rise(_ position: Int) {
    var i = position
    while i > 0 && precedes(heap[i], heap[(i - 1) / 2]) {
      exchange(i, (i - 1) / 2)
      i = (i - 1) / 2
    }
  }

  private mutating func sink(_ position: Int) {
    var i = position
    while true {
      var largest = i
      for child in 2 * i + 1...2 * i + 2
      where child < heap.count && precedes(heap[child], heap[largest]) { largest = child }
      if largest == i { return }
      exchange(i, largest)
      i = largest
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    priorities[a] > priorities[b] || (priorities[a] == priorities[b] && a < b)
  }

  private mutating func exchange(_ i: Int, _ j: Int) {
    heap.swapAt(i, j)
    positions[heap[i]] = i
    positions[heap[j]] = j
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("queue/priorities", priorities)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    self = PriorityQueue(try checkpoint.doubles("queue/priorities", count: priorities.count))
  }
}
