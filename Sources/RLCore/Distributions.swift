import CSIMD

/// Many distributions, each over numbers of its own, drawn from in the same time however many those are.
///
/// A draw is inverted along the running sums, as Gymnasium's `categorical_sample` does: the first sum that exceeds it,
/// and the first of all where rounding leaves none. A guide table (Chen and Asau 1974, "On generating random variates
/// from an empirical distribution", AIIE Transactions 6) says where to begin, so that one register of sums is looked at
/// on most draws.
@usableFromInline struct Distributions: Sendable {
  /// A distribution's first number, where its part of the guide begins, and the bits of a draw that its part leaves out.
  @usableFromInline struct Row: Sendable {
    @usableFromInline var first: Int32
    @usableFromInline var guide: Int32
    @usableFromInline var shift: UInt64
  }

  /// One a distribution, and one for where the last ends.
  @usableFromInline let rows: [Row]
  /// For place `j` of a distribution's `n`, the first of its numbers whose running sum exceeds `j / n`.
  @usableFromInline let guide: [Int32]
  /// The running sums of each distribution, one after another, and what a register may read beyond them.
  @usableFromInline let sums: [Double]

  /// Distribution `i` has the probabilities from `starts[i]` up to `starts[i + 1]`.
  init(_ probabilities: [Double], starts: [Int32]) {
    var rows: [Row] = []
    var guide: [Int32] = []
    var sums = probabilities + [Double](repeating: .infinity, count: Int(RL_LANES))
    rows.reserveCapacity(starts.count)
    for (first, end) in zip(starts, starts.dropFirst()) {
      for i in Int(first)..<Int(end) where i > first { sums[i] += sums[i - 1] }
      // A power of two, so that a draw's first bits are its place: with two to four numbers to each.
      var bits: UInt64 = 0
      while 4 << bits < end - first { bits += 1 }
      rows.append(Row(first: first, guide: Int32(guide.count), shift: 53 - bits))
      var number = first
      for place in 0..<1 << bits {
        let least = Double(place) / Double(1 << bits)
        while number < end && sums[Int(number)] <= least { number += 1 }
        guide.append(number)
      }
    }
    rows.append(Row(first: starts.last!, guide: 0, shift: 0))
    (self.rows, self.guide, self.sums) = (rows, guide, sums)
  }

  /// These distributions, without the checks of arrays.
  @usableFromInline struct Pointers {
    @usableFromInline let rows: UnsafePointer<Row>
    @usableFromInline let guide: UnsafePointer<Int32>
    @usableFromInline let sums: UnsafePointer<Double>

    @inlinable @inline(__always)
    init(rows: UnsafePointer<Row>, guide: UnsafePointer<Int32>, sums: UnsafePointer<Double>) {
      (self.rows, self.guide, self.sums) = (rows, guide, sums)
    }

    /// A number of distribution `row`: its place in the list of probabilities. Takes one draw.
    @inlinable @inline(__always)
    func draw(_ row: Int, using random: inout RandomStream) -> Int {
      var search = begin(row, bits: random.next() &>> 11)
      approach(&search)
      return end(search, in: row)
    }

    /// A draw on its way to its number. Each stage has fetched what the next one looks at, so that many searches that go
    /// through each together do not wait for memory one after another.
    @usableFromInline struct Search {
      @usableFromInline var uniform: Double
      /// A place of the guide, then a number.
      @usableFromInline var place: Int

      @inlinable @inline(__always)
      init(uniform: Double, place: Int) { (self.uniform, self.place) = (uniform, place) }
    }

    /// `bits` are a draw's 53, as ``RandomStream/uniform()`` takes them.
    @inlinable @inline(__always)
    func begin(_ row: Int, bits: UInt64) -> Search {
      let place = Int(rows[row].guide) &+ Int(truncatingIfNeeded: bits &>> rows[row].shift)
      rl_prefetch(guide + place)
      return Search(uniform: Double(bits) * 0x1p-53, place: place)
    }

    @inlinable @inline(__always)
    func approach(_ search: inout Search) {
      search.place = Int(guide[search.place])
      rl_prefetch(sums + search.place)
      rl_prefetch(sums + search.place + Int(RL_LANES) - 1)
    }

    @inlinable @inline(__always)
    func end(_ search: Search, in row: Int) -> Int {
      var number = search.place
      // Beyond this distribution lie the next one's sums: the search ends in them at the latest.
      while true {
        let passed = Int(rl_passed(sums + number, search.uniform))
        number &+= passed
        if passed < Int(RL_LANES) { break }
      }
      return number < Int(rows[row &+ 1].first) ? number : Int(rows[row].first)
    }
  }

  @inlinable @inline(__always)
  func withPointers<Result>(_ body: (Pointers) -> Result) -> Result {
    rows.withUnsafeBufferPointer { rows in
      guide.withUnsafeBufferPointer { guide in
        sums.withUnsafeBufferPointer { sums in
          body(Pointers(rows: rows.baseAddress!, guide: guide.baseAddress!, sums: sums.baseAddress!))
        }
      }
    }
  }
}
