/// Pairs by priority, the greatest first and the lower pair first among equals: a binary heap that knows where each pair
/// is. What comes out does not depend on the order in which it was put in.
struct PairQueue: Sendable {
  /// The heap's pairs in the first `count` places. Shape `[pairs]`.
  private var heap: [Int]
  private(set) var count = 0
  /// Where a pair is in the heap; −1 where it does not wait. Shape `[pairs]`.
  private var places: [Int]
  /// Of those that wait. Shape `[pairs]`.
  private var priorities: [Double]

  init(pairs: Int) {
    heap = .init(repeating: 0, count: pairs)
    places = .init(repeating: -1, count: pairs)
    priorities = .init(repeating: 0, count: pairs)
  }

  /// The pairs that wait, in their order, and their priorities.
  var content: (pairs: [Int], priorities: [Double]) {
    let pairs = heap[..<count].sorted(by: precedes)
    return (pairs, pairs.map { priorities[$0] })
  }

  /// Lets a pair wait with this priority. One that waits already gets it instead of its own.
  mutating func insert(_ pair: Int, _ priority: Double) {
    priorities[pair] = priority
    if places[pair] < 0 {
      places[pair] = count
      heap[count] = pair
      count += 1
    }
    rise(from: places[pair])
    sink(from: places[pair])
  }

  /// Takes out the first pair; there is one.
  mutating func removeFirst() -> Int {
    let first = heap[0]
    count -= 1
    if count > 0 { put(heap[count], at: 0) }
    places[first] = -1
    if count > 0 { sink(from: 0) }
    return first
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    priorities[a] > priorities[b] || (priorities[a] == priorities[b] && a < b)
  }

  private mutating func put(_ pair: Int, at place: Int) {
    heap[place] = pair
    places[pair] = place
  }

  private mutating func rise(from start: Int) {
    let pair = heap[start]
    var place = start
    while place > 0, case let parent = (place - 1) / 2, precedes(pair, heap[parent]) {
      put(heap[parent], at: place)
      place = parent
    }
    put(pair, at: place)
  }

  private mutating func sink(from start: Int) {
    let pair = heap[start]
    var place = start
    while 2 * place + 1 < count {
      var child = 2 * place + 1
      if child + 1 < count && precedes(heap[child + 1], heap[child]) { child += 1 }
      if precedes(pair, heap[child]) { break }
      put(heap[child], at: place)
      place = child
    }
    put(pair, at: place)
  }
}
