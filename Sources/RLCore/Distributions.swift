import CSIMD

/// Many distributions, each over numbers of its own, drawn from in the same time however many those are.
///
/// A draw is inverted along the running sums, as Gymnasium's `categorical_sample` does: the first sum that exceeds it,
/// and the first of all where rounding leaves none. A guide table (Chen and Asau 1974, "On generating random variates
/// from an empirical distribution", AIIE Transactions 6) says where to begin, so that one register of sums is looked at
/// on most draws. Distributions alike share their sums and their part of the guide: a world moves in few ways, wherever
/// it is, and those few stay in a near cache.
@usableFromInline struct Distributions: Sendable {
  /// A distribution's first number, what leads to its numbers from the places of their sums, where its part of the guide
  /// begins, and the bits of a draw that its part leaves out.
  @usableFromInline struct Row: Sendable {
    @usableFromInline var first: Int32
    @usableFromInline var offset: Int32
    @usableFromInline var guide: Int32
    @usableFromInline var shift: UInt32
  }

  /// One a distribution, and one for where the last ends.
  @usableFromInline let rows: [Row]
  /// For place `j` of a distribution's `n`, the place of the first of its running sums that exceeds `j / n`.
  @usableFromInline let guide: [Int32]
  /// The running sums of distributions, one after another, and what a register may read beyond them.
  @usableFromInline let sums: [Double]

  /// Distribution `i` has the probabilities from `starts[i]` up to `starts[i + 1]`.
  init(_ probabilities: [Double], starts: [Int32]) {
    var rows: [Row] = []
    var guide: [Int32] = []
    var sums: [Double] = []
    var known: [ArraySlice<Double>: Row] = [:]
    var before: ArraySlice<Double> = []
    rows.reserveCapacity(starts.count)
    for (first, end) in zip(starts, starts.dropFirst()) {
      let row = probabilities[Int(first)..<Int(end)]
      defer { before = row }
      // Most are like the one before them: that takes no hash.
      if var alike = row == before ? rows.last : known[row] {
        alike.offset += first - alike.first
        alike.first = first
        rows.append(alike)
        continue
      }
      // A power of two, so that a draw's first bits are its place: with two to four numbers to each.
      var bits: UInt32 = 0
      while 4 << bits < row.count { bits += 1 }
      rows.append(
        Row(first: first, offset: first - Int32(sums.count), guide: Int32(guide.count), shift: 53 - bits))
      known[row] = rows.last
      var number = sums.count
      var sum = 0.0
      for probability in row {
        sum += probability
        sums.append(sum)
      }
      for place in 0..<1 << bits {
        let least = Double(place) / Double(1 << bits)
        while number < sums.count && sums[number] <= least { number += 1 }
        guide.append(Int32(number))
      }
    }
    rows.append(Row(first: starts.last!, offset: 0, guide: 0, shift: 0))
    sums += [Double](repeating: .infinity, count: Int(RL_LANES))
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
      /// A place of the guide, then one of the sums.
      @usableFromInline var place: Int

      @inlinable @inline(__always)
      init(uniform: Double, place: Int) { (self.uniform, self.place) = (uniform, place) }
    }

    /// `bits` are a draw's 53, as ``RandomStream/uniform()`` takes them.
    @inlinable @inline(__always)
    func begin(_ row: Int, bits: UInt64) -> Search {
      let place = Int(rows[row].guide) &+ Int(truncatingIfNeeded: bits &>> UInt64(rows[row].shift))
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
      number &+= Int(rows[row].offset)
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
