import Foundation

// Our own sine and cosine, so that trajectories depend neither on the C library nor on how many lanes step at once.
// The reduction x = n · π/2 + r is Cody and Waite's (Software Manual for the Elementary Functions, 1980) with π/2 in
// three parts; the polynomials are our minimax fits on |r| ≤ π/4, to 2⁻⁵⁸ of the result. Both lie within one unit in
// the last place of the exact value. There is no table, so lanes of SIMD can run the same arithmetic.

/// The widest angle that is reduced here, in radians: n stays below 2¹⁷, so n times either 36-bit part is exact.
@inlinable var widestReducedAngle: Double { 131_072 }

/// Sine and cosine of `x` radians, each within 1 ulp. Beyond ±131,072 radians the C library's are returned, and NaN
/// for an infinite or undefined angle.
@inlinable @inline(__always)
func sineCosine<Number: Lane>(_ x: Number) -> (sine: Number, cosine: Number) {
  var r = x
  var rest = Number(0)
  // Adding 1.5 · 2⁵² rounds to an integer and leaves it in the low bits.
  var shifted = Number(0x1.8p52)
  // Below an eighth of a turn n is 0 and the reduction would change nothing.
  if !Number.areAll(Number.isLess(x.magnitude, Number(0.785))) {
    if !Number.areAll(Number.isLess(x.magnitude, Number(widestReducedAngle))) { return Number.wideSineCosine(x) }
    shifted = x * Number(0x1.45f306dc9c883p-1) + Number(0x1.8p52)
    let n = shifted - Number(0x1.8p52)
    // The reduced angle is r + rest. The first difference is exact; the next two keep what they round away.
    let coarse = x - n * Number(0x1.921fb5444p+0)
    let middle = n * Number(0x1.68c234c4cp-39)
    let fine = coarse - middle
    let last = n * Number(0x1.98a2e03707345p-77)
    r = fine - last
    rest = ((fine - r) - last) + ((coarse - fine) - middle)
  }

  let z = r * r
  let z2 = z * z
  let sineLow = Number(-0x1.5555555555549p-3) + z * Number(0x1.111111110f885p-7)
  let sineMiddle = Number(-0x1.a01a019c12f77p-13) + z * Number(0x1.71de3578f38bep-19)
  let sineHigh = Number(-0x1.ae5e673c640ebp-26) + z * Number(0x1.5d934e5a5d184p-33)
  let sinePolynomial = sineLow + z2 * (sineMiddle + z2 * sineHigh)
  let cosineLow = Number(0x1.555555555554cp-5) + z * Number(-0x1.6c16c16c15189p-10)
  let cosineMiddle = Number(0x1.a01a019cb2e66p-16) + z * Number(-0x1.27e4f80ad07b2p-22)
  let cosineHigh = Number(0x1.1ee9ec87705e4p-29) + z * Number(-0x1.8faef1674b613p-37)
  let cosinePolynomial = cosineLow + z2 * (cosineMiddle + z2 * cosineHigh)
  let half = Number(0.5) * z
  let lead = Number(1) - half
  let sine = r + (rest * lead + r * z * sinePolynomial)
  let cosine = lead + (((Number(1) - lead) - half) + (z2 * cosinePolynomial - r * rest))
  return Number.turn(sine, cosine, byQuartersIn: shifted)
}

@usableFromInline @inline(never)
func librarySineCosine(_ x: Double) -> (sine: Double, cosine: Double) { (sin(x), cos(x)) }

/// `x` radians turned into [−π, π]: NumPy's `(x + π) % (2π) − π`.
///
/// For |x| < 4 · 10⁸ the remainder is exact, as there: 2π is split so that both products and both differences are.
@inlinable @inline(__always)
func wrappedAngle<Number: Lane>(_ x: Number) -> Number {
  let whole = Number(2 * Double.pi)
  let shifted = x + Number(Double.pi)
  let turns = (shifted / whole).floor
  let remainder = (shifted - turns * Number(0x1.921fb54p+2)) - turns * Number(0x1.10b46p-28)
  // Just below a whole turn the quotient rounds up to it.
  return Number.choose(Number.isLess(remainder, Number(0)), remainder + whole, remainder) - Number(Double.pi)
}
