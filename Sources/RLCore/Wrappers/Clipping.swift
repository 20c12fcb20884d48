/// `number` between ±limit; what is not a number stays so, to be noticed.
@inlinable @inline(__always)
func clipped(_ number: Double, to limit: Double) -> Double {
  number > limit ? limit : number < -limit ? -limit : number
}
