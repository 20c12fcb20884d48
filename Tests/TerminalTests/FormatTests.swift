import Testing

@testable import Terminal

@Suite struct FormatTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1234, "-1,234"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func grouped(_ value: Int, _ text: String) { #expect(Format.grouped(value) == text) }

  @Test(arguments: [
    (0.0, "0"), (-312.44, "-312.4"), (1234.56, "1,234.6"), (12.345, "12.35"), (1.5, "1.500"), (0.0123, "0.0123"),
    (-0.00002, "-2.00e-05"), (2.5e7, "2.50e+07"), (9.9999e8, "1.00e+09"), (Double.nan, "nan"),
    (Double.infinity, "inf"), (-Double.infinity, "-inf"), (99.99, "100.0"), (9.999, "10.00"),
    (Double.leastNonzeroMagnitude, "4.94e-324"),
    (Double.greatestFiniteMagnitude, "1.80e+308"),
  ])
  func number(_ value: Double, _ text: String) { #expect(Format.number(value) == text) }

  @Test(arguments: [(-0.004, 2, "0.00"), (0.995, 1, "1.0"), (1e20, 1, "1.00e+20"), (1234.5, 0, "1,235")])
  func fixed(_ value: Double, _ decimals: Int, _ text: String) { #expect(Format.fixed(value, decimals) == text) }

  @Test(arguments: [
    (950.0, "950"), (29_310, "29.3k"), (1_250_000, "1.25M"), (147e6, "147M"), (0.5, "0.5"), (999_900, "1.00M"),
    (Double.infinity, "inf"),
  ])
  func compact(_ value: Double, _ text: String) { #expect(Format.compact(value) == text) }

  @Test(arguments: [
    (7.0, "0:07"), (754, "12:34"), (3723, "1:02:03"), (273_600, "3d 04h"), (-1, "-:--"), (Double.nan, "-:--"),
    (Double.infinity, "-:--"),
  ])
  func duration(_ seconds: Double, _ text: String) { #expect(Format.duration(seconds) == text) }

  @Test func spreadsHaveTheSameDecimals() {
    #expect(Format.spread(-151.2, 80.14) == "-151.2 ± 80.1")
    #expect(Format.spread(0.5, 0.25) == "0.500 ± 0.250")
    #expect(Format.spread(.nan, 1) == "nan ± 1.000")
  }
}
