import Testing

@testable import Networks

/// Systems, fits and eigenvalues that are known in closed form.
@Suite struct LinearSystemTests {
  /// 3x + y = 5, x − 2y = 4
  @Test func solvesASystem() {
    var (a, x) = ([3.0, 1, 1, -2], [5.0, 4])
    #expect(solve(&a, &x))
    #expect(abs(x[0] - 2) < 1e-14 && abs(x[1] + 1) < 1e-14)
  }

  @Test func refusesASingularSystem() {
    var (a, x) = ([1.0, 2, 2, 4], [1.0, 1])
    #expect(!solve(&a, &x))
  }

  /// The line nearest to (0, 1), (1, 0), (2, 2): 1/2 + x/2.
  @Test func fitsALine() {
    let found = leastSquares([1, 1, 1, 0, 1, 2], columns: 2, [1, 0, 2])
    #expect(found.rank == 2)
    #expect(abs(found.x[0] - 0.5) < 1e-14 && abs(found.x[1] - 0.5) < 1e-14)
  }

  /// Two equal columns share what one would have; more columns than equations too.
  @Test func takesTheShortestOfSeveral() {
    let equal = leastSquares([1, 2, 3, 1, 2, 3], columns: 2, [2, 4, 6])
    #expect(equal.rank == 1)
    #expect(abs(equal.x[0] - 1) < 1e-13 && abs(equal.x[1] - 1) < 1e-13)
    let wide = leastSquares([1, 1], columns: 2, [4])
    #expect(wide.rank == 1)
    #expect(abs(wide.x[0] - 2) < 1e-13 && abs(wide.x[1] - 2) < 1e-13)
  }

  @Test func findsEigenvalues() throws {
    // [[2, 1], [1, 2]] has 1 and 3; a quarter turn has ±i.
    let real = try #require(eigenvalues([2, 1, 1, 2], order: 2))
    #expect(abs(real[0].real - 1) < 1e-14 && abs(real[1].real - 3) < 1e-14)
    #expect(real.allSatisfy { $0.imaginary == 0 })
    let turn = try #require(eigenvalues([0, 1, -1, 0], order: 2))
    #expect(turn.allSatisfy { abs($0.real) < 1e-14 && abs(abs($0.imaginary) - 1) < 1e-14 })
  }
}
