import Foundation
import RLCore
import Testing

@testable import Networks

@Suite struct KernelsTests {
  // MARK: tanh

  private func tanhs(_ x: [Float]) -> [Float] {
    var y = x
    y.withUnsafeMutableBufferPointer { activate($0.baseAddress!, count: $0.count, .tanh) }
    return y
  }

  @Test func tanhIsWithinEightUnitsInTheLastPlace() {
    var points: [Float] = [0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .ulpOfOne, 7.905, 7.906, 20, 1e30]
    points += [.greatestFiniteMagnitude, .infinity]
    // Every exponent, 4,000 values each, and the bend more closely.
    for exponent in stride(from: UInt32(0), to: 255, by: 1) {
      for i in 0..<4000 { points.append(Float(bitPattern: exponent << 23 | UInt32(i) * 2097)) }
    }
    for i in 0..<200_000 { points.append(Float(i) * 5e-5) }
    let y = tanhs(points)
    let mirrored = tanhs(points.map { -$0 })
    // Near the smallest numbers a product underflows.
    let underflow = 256 * Float.leastNonzeroMagnitude
    let wrong = points.indices.filter { i in
      let exact = Float(tanh(Double(points[i])))
      return !(abs(y[i] - exact) <= max(8 * exact.ulp, underflow))
    }
    #expect(wrong.isEmpty, "at \(wrong.prefix(5).map { points[$0] })")
    #expect(points.indices.allSatisfy { mirrored[$0] == -y[$0] })
    #expect(y.allSatisfy { abs($0) <= 1 })
    #expect(tanhs([0])[0].sign == .plus && tanhs([-0.0])[0].sign == .minus)
  }

  @Test(arguments: [1, 15, 16, 17, 40]) func notANumberStaysOne(_ count: Int) {
    for act in Activation.allCases {
      var y = [Float](repeating: 0.5, count: count)
      y[count - 1] = .nan
      y.withUnsafeMutableBufferPointer { activate($0.baseAddress!, count: count, act) }
      #expect(y[count - 1].isNaN && y.dropLast().allSatisfy { !$0.isNaN }, "\(act)")
    }
  }

  // MARK: one pass kernels, with NaN before and after everything that is read and 42 around what is written

  static let widths = [1, 2, 7, 15, 16, 17, 31, 32, 33, 50, 64, 147]
  static let heights = [1, 2, 3, 4, 5, 8, 9]

  /// `count` random floats between guards.
  private struct Guarded {
    static let margin = 40
    var floats: [Float]
    let count: Int

    init(copying values: [Float]) {
      count = values.count
      let guards = [Float](repeating: .nan, count: Self.margin)
      floats = guards + values + guards
    }

    init(reading count: Int, _ random: inout RandomStream) {
      self.init(copying: (0..<count).map { _ in Float(random.uniform(-1, 1)) })
    }

    init(writing count: Int) {
      self.count = count
      floats = [Float](repeating: 42, count: count + 2 * Self.margin)
    }

    var values: ArraySlice<Float> { floats[Self.margin..<Self.margin + count] }
    var doubles: [Double] { values.map(Double.init) }
    /// Whether all that was not to be written is as it was.
    var isIntact: Bool {
      let guards = floats[..<Self.margin] + floats[(Self.margin + count)...]
      return Set(guards.map(\.bitPattern)).count == 1 && (guards[0].isNaN || guards[0] == 42)
    }

    func read<R>(_ body: (Source) -> R) -> R {
      floats.withUnsafeBufferPointer { body($0.baseAddress! + Self.margin) }
    }
    mutating func write<R>(_ body: (Target) -> R) -> R {
      floats.withUnsafeMutableBufferPointer { body($0.baseAddress! + Self.margin) }
    }
  }

  private func slope(_ act: Activation, _ y: Double) -> Double {
    switch act {
    case .identity: 1
    case .relu: y > 0 ? 1 : 0
    case .tanh: 1 - y * y
    }
  }

  @Test(arguments: Activation.allCases) func maskAndSumMasksAndSums(_ act: Activation) {
    var random = RandomStream(seed: 5)
    for n in Self.widths {
      for rows in Self.heights {
        var da = Guarded(reading: rows * n, &random)
        let y = Guarded(reading: rows * n, &random)
        var db = Guarded(writing: n)
        let before = da.doubles
        y.read { y in da.write { da in db.write { maskAndSum(da, y, rows: rows, n: n, act, $0) } } }
        let dz = zip(before, y.doubles).map { $0 * slope(act, $1) }
        let sums = (0..<n).map { j in (0..<rows).reduce(0) { $0 + dz[$1 * n + j] } }
        #expect(distance(da.values, dz, floor: 1) < 1e-6 && distance(db.values, sums, floor: 1) < 1e-6, "\(rows)×\(n)")
        #expect(da.isIntact && db.isIntact)
      }
    }
  }

  @Test(arguments: Activation.allCases) func theSingleOutputPassIsThreeProducts(_ act: Activation) {
    var random = RandomStream(seed: 6)
    for n in Self.widths {
      for rows in Self.heights {
        let dy = Guarded(reading: rows, &random)
        let h = Guarded(reading: rows * n, &random)
        let w = Guarded(reading: n, &random)
        var (dz, dw, db) = (Guarded(writing: rows * n), Guarded(writing: n), Guarded(writing: n))
        var bare = dz
        dy.read { dy in
          h.read { h in
            w.read { w in
              dz.write { dz in
                dw.write { dw in
                  db.write { db in
                    backwardThroughSingleOutput(dy, h, rows: rows, n: n, w, act, dz, keeping: (dw, db))
                  }
                }
              }
              bare.write { backwardThroughSingleOutput(dy, h, rows: rows, n: n, w, act, $0, keeping: nil) }
            }
          }
        }
        let (g, x, k) = (dy.doubles, h.doubles, w.doubles)
        let expected = (0..<rows * n).map { g[$0 / n] * k[$0 % n] * slope(act, x[$0]) }
        let weights = (0..<n).map { j in (0..<rows).reduce(0) { $0 + g[$1] * x[$1 * n + j] } }
        let biases = (0..<n).map { j in (0..<rows).reduce(0) { $0 + expected[$1 * n + j] } }
        #expect(
          distance(dz.values, expected, floor: 1) < 1e-6 && distance(dw.values, weights, floor: 1) < 1e-6,
          "\(rows)×\(n)")
        #expect(distance(db.values, biases, floor: 1) < 1e-6 && bare.values == dz.values, "\(rows)×\(n)")
        #expect(dz.isIntact && dw.isIntact && db.isIntact && bare.isIntact)
      }
    }
  }

  @Test func weightGradientsAreProducts() {
    var random = RandomStream(seed: 7)
    for n in Self.widths {
      for inner in [1, 2, 3, 4, 5, 8, 9, 15] {
        for rows in Self.heights {
          let stride = inner + rows % 3
          let x = Guarded(reading: (rows - 1) * stride + inner, &random)
          let dz = Guarded(reading: rows * n, &random)
          var dw = Guarded(writing: inner * n)
          x.read { x in
            dz.read { dz in
              dw.write { weightGradient(x, stride: stride, rows: rows, inner: inner, dz, n: n, $0) }
            }
          }
          let (a, g) = (x.doubles, dz.doubles)
          let expected = (0..<inner * n).map { i in
            (0..<rows).reduce(0) { $0 + a[$1 * stride + i / n] * g[$1 * n + i % n] }
          }
          #expect(distance(dw.values, expected, floor: 1) < 1e-6 && dw.isIntact, "\(rows)×\(inner)×\(n)")
        }
      }
    }
  }

  @Test(arguments: Activation.allCases) func affineIsALayer(_ act: Activation) {
    var random = RandomStream(seed: 8)
    for n in Self.widths {
      for inner in [1, 3, 8, 21] {
        for rows in Self.heights {
          let stride = inner + rows % 3
          let x = Guarded(reading: (rows - 1) * stride + inner, &random)
          let w = Guarded(reading: inner * n, &random)
          let b = Guarded(reading: n, &random)
          var y = Guarded(writing: rows * n)
          x.read { x in
            w.read { w in
              b.read { b in
                y.write { affine(x, stride: stride, rows: rows, inner: inner, w, b, n: n, act, $0) }
              }
            }
          }
          let (a, k, c) = (x.doubles, w.doubles, b.doubles)
          let expected = (0..<rows * n).map { i -> Double in
            let z = (0..<inner).reduce(c[i % n]) { $0 + a[i / n * stride + $1] * k[$1 * n + i % n] }
            return act == .tanh ? tanh(z) : act == .relu ? max(0, z) : z
          }
          #expect(distance(y.values, expected) < 2e-6 && y.isIntact, "\(rows)×\(inner)×\(n)")
        }
      }
    }
  }

  @Test(arguments: 1...4) func narrowLayersAreProducts(_ n: Int) {
    var random = RandomStream(seed: 13)
    for inner in [1, 15, 16, 17, 32, 47, 48, 64, 81] {
      for rows in Self.heights {
        let stride = inner + rows % 3
        let x = Guarded(reading: (rows - 1) * stride + inner, &random)
        let w = Guarded(reading: inner * n, &random)
        let b = Guarded(reading: n, &random)
        let dz = Guarded(reading: rows * n, &random)
        var (y, dw) = (Guarded(writing: rows * n), Guarded(writing: inner * n))
        x.read { x in
          w.read { w in
            b.read { b in
              y.write { affineNarrow(x, stride: stride, rows: rows, inner: inner, w, b, n: n, .tanh, $0) }
            }
          }
          dz.read { dz in
            dw.write { weightGradientNarrow(x, stride: stride, rows: rows, inner: inner, dz, n: n, $0) }
          }
        }
        let (a, k, c, g) = (x.doubles, w.doubles, b.doubles, dz.doubles)
        let outputs = (0..<rows * n).map { i in
          tanh((0..<inner).reduce(c[i % n]) { $0 + a[i / n * stride + $1] * k[$1 * n + i % n] })
        }
        let slopes = (0..<inner * n).map { i in
          (0..<rows).reduce(0) { $0 + a[$1 * stride + i / n] * g[$1 * n + i % n] }
        }
        #expect(distance(y.values, outputs) < 2e-6 && y.isIntact, "\(rows)×\(inner)×\(n)")
        #expect(distance(dw.values, slopes, floor: 1) < 2e-6 && dw.isIntact, "\(rows)×\(inner)×\(n)")
      }
    }
  }

  @Test(arguments: Activation.allCases) func affineBackwardMasksAndSums(_ act: Activation) {
    var random = RandomStream(seed: 9)
    for n in Self.widths {
      for inner in [1, 3, 21] {
        for rows in Self.heights {
          let dy = Guarded(reading: rows * inner, &random)
          let w = Guarded(reading: inner * n, &random)
          let h = Guarded(reading: rows * n, &random)
          var dz = Guarded(writing: rows * n)
          var db = Guarded(writing: n)
          dy.read { dy in
            w.read { w in
              h.read { h in
                dz.write { dz in
                  db.write { affineBackward(dy, rows: rows, inner: inner, w, n: n, h, act, dz, $0) }
                }
              }
            }
          }
          let (g, k, y) = (dy.doubles, w.doubles, h.doubles)
          let expected = (0..<rows * n).map { i -> Double in
            let sum = (0..<inner).reduce(0) { $0 + g[i / n * inner + $1] * k[$1 * n + i % n] }
            return act == .tanh ? sum * (1 - y[i] * y[i]) : act == .relu && y[i] <= 0 ? 0 : sum
          }
          let sums = (0..<n).map { j in (0..<rows).reduce(0) { $0 + expected[$1 * n + j] } }
          #expect(distance(dz.values, expected, floor: 1) < 2e-6 && dz.isIntact, "\(rows)×\(inner)×\(n)")
          #expect(distance(db.values, sums, floor: 1) < 5e-6 && db.isIntact, "\(rows)×\(inner)×\(n)")
        }
      }
    }
  }

  @Test(arguments: widths) func transposingTurnsRowsIntoColumns(_ columns: Int) {
    var random = RandomStream(seed: 12)
    for rows in Self.widths {
      let w = Guarded(reading: rows * columns, &random)
      var t = Guarded(writing: rows * columns)
      w.read { w in t.write { transpose(w, rows: rows, columns: columns, $0) } }
      let expected = (0..<rows * columns).map { w.doubles[$0 % rows * columns + $0 / rows] }
      #expect(t.doubles == expected && t.isIntact, "\(rows)×\(columns)")
    }
  }

  @Test(arguments: widths) func aBiasFillsEveryRow(_ n: Int) {
    var random = RandomStream(seed: 13)
    for rows in Self.heights {
      let b = Guarded(reading: n, &random)
      var y = Guarded(writing: rows * n)
      b.read { b in y.write { fill($0, rows: rows, b, n: n) } }
      #expect(y.doubles == (0..<rows).flatMap { _ in b.doubles } && y.isIntact, "\(rows)×\(n)")
    }
  }

  @Test(arguments: widths) func dotIsTheSumOfProducts(_ n: Int) {
    var random = RandomStream(seed: 9)
    let a = Guarded(reading: n, &random)
    let b = Guarded(reading: n, &random)
    let product = a.read { a in b.read { dot(a, $0, n) } }
    #expect(abs(Double(product) - zip(a.doubles, b.doubles).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-6)
  }

  /// Many rows at once give the bits of one after another.
  @Test(arguments: widths) func dotsAreEachRowsOwn(_ n: Int) {
    var random = RandomStream(seed: 11)
    for rows in [1, 15, 16, 17, 48, 53] {
      for (gap, step) in [(0, 1), (3, 2)] {
        let stride = n + gap
        let x = Guarded(reading: (rows - 1) * stride + n, &random)
        let w = Guarded(reading: n, &random)
        var y = Guarded(writing: (rows - 1) * step + 1)
        let alone = x.read { x in
          w.read { w in
            y.write { dots(x, stride: stride, rows: rows, w, n: n, bias: 0.25, $0, step: step) }
            return (0..<rows).map { 0.25 + dot(x + $0 * stride, w, n) }
          }
        }
        let expected = (0..<y.count).map { $0 % step == 0 ? alone[$0 / step] : 42 }
        #expect(Array(y.values) == expected && y.isIntact, "\(rows)×\(n)")
      }
    }
  }

  // MARK: products

  @Test(arguments: [GEMM.Form.plain, .leftTransposed, .rightTransposed])
  func productsAreTheNaiveOnes(_ form: GEMM.Form) {
    var random = RandomStream(seed: 10)
    let library = [(1, 1, 1), (3, 2, 5), (17, 9, 4), (64, 33, 65), (5, 64, 300)]
    // Every number of rows that a tile may have, with two blocks of columns and with one.
    let tiles = (1...29).map { ($0, 48, 16 * (1 + $0 % 3)) } + [(64, 80, 256), (100, 16, 21), (30, 32, 64)]
    for (rows, columns, inner) in library + tiles {
      for gap in [0, 3] {
        let leftRows = form == .leftTransposed ? inner : rows
        let leftColumns = form == .leftTransposed ? rows : inner
        let stride = leftColumns + gap
        let a = Guarded(reading: (leftRows - 1) * stride + leftColumns, &random)
        let b = Guarded(reading: inner * columns, &random)
        var c = Guarded(writing: rows * columns)
        let product = GEMM(form, rows: rows, columns: columns, inner: inner, leftStride: stride)
        let (x, y) = (a.doubles, b.doubles)
        let expected = (0..<rows * columns).map { i -> Double in
          let (r, j) = (i / columns, i % columns)
          return (0..<inner).reduce(0) { sum, k in
            let left = form == .leftTransposed ? x[k * stride + r] : x[r * stride + k]
            return sum + left * (form == .rightTransposed ? y[j * inner + k] : y[k * columns + j])
          }
        }
        a.read { a in b.read { b in c.write { product.set(a, b, $0) } } }
        #expect(distance(c.values, expected) < 2e-6 && c.isIntact, "\(product)")
        a.read { a in b.read { b in c.write { product.add(a, b, to: $0) } } }
        #expect(distance(c.values, expected.map { 2 * $0 }) < 2e-6 && c.isIntact, "\(product)")
        #expect(product.flops == 2 * rows * columns * inner)
      }
    }
  }

  @Test func anUpdateMakesTheseProducts() {
    // DDPG's critic and actor on the pendulum: narrow inputs and a single output need no library.
    let critic = MLP([4, 64, 48, 1], hidden: .relu, output: .identity)
    #expect(critic.forwardProducts(rows: 64) == [GEMM(.plain, rows: 64, columns: 48, inner: 64)])
    #expect(
      critic.backwardProducts(rows: 64, keepingGradients: true) == [
        GEMM(.leftTransposed, rows: 64, columns: 48, inner: 64),
        GEMM(.rightTransposed, rows: 64, columns: 64, inner: 48),
      ])
    #expect(
      critic.backwardProducts(rows: 64, keepingGradients: false) == [
        GEMM(.rightTransposed, rows: 64, columns: 64, inner: 48)
      ])

    let narrow = MLP([9, 20, 3], hidden: .tanh, output: .tanh)
    #expect(narrow.forwardProducts(rows: 7) == [GEMM(.plain, rows: 7, columns: 20, inner: 9)])

    let wide = MLP([9, 20, 5], hidden: .tanh, output: .tanh)
    #expect(
      wide.forwardProducts(rows: 7) == [
        GEMM(.plain, rows: 7, columns: 20, inner: 9), GEMM(.plain, rows: 7, columns: 5, inner: 20),
      ])
    #expect(
      wide.backwardProducts(rows: 7, keepingGradients: true) == [
        GEMM(.leftTransposed, rows: 20, columns: 5, inner: 7), GEMM(.rightTransposed, rows: 7, columns: 20, inner: 5),
        GEMM(.leftTransposed, rows: 9, columns: 20, inner: 7),
      ])
  }
}
