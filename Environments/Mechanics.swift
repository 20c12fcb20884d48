// What the environments of mechanics share: an integrator, two jointed rods, and how actions and rewards are stated.

/// What a step pays: a measure of how well things go, or success alone.
public enum RewardKind: String, CaseIterable, Sendable { case shaped, sparse }

/// What a step costs where a shaped reward pays for progress, so that sooner is better.
@inlinable var timeCost: Double { 0.002 }

/// One number of an action, clipped to [−1, 1]; an undefined one stays undefined.
@inlinable @inline(__always)
func clipped(_ action: Float) -> Double { Double(min(max(action, -1), 1)) }

/// One step of the classical Runge-Kutta method of fourth order (Hairer, Nørsett and Wanner, Solving Ordinary
/// Differential Equations I, 2nd ed., 1993, section II.1). The forces inside `slope` are held over the step.
@inlinable @inline(__always)
func rungeKutta4<State: SIMD<Double>>(_ state: State, over interval: Double, _ slope: (State) -> State) -> State {
  let first = slope(state)
  let second = slope(state + 0.5 * interval * first)
  let third = slope(state + 0.5 * interval * second)
  let fourth = slope(state + interval * third)
  return state + interval / 6 * (first + 2 * (second + third) + fourth)
}

@inlinable @inline(__always)
func length(_ v: SIMD2<Double>) -> Double { (v * v).sum().squareRoot() }

/// Two equal uniform rods in a plane: one hinged to the ground, the other to the first one's end. Both hinges turn
/// against viscous friction.
///
/// The state is (q₁, q₂, q̇₁, q̇₂): q₁ is the first rod's angle from where gravity pulls, q₂ the second's from the
/// first, counter-clockwise. With mass m, length l, and the moment of inertia m l²/12 about a rod's middle,
/// Lagrange's equations (Spong 1995, doi:10.1109/37.341864, equations 1 and 2) divided by m l² are
///
///     (5/3 + cos q₂) q̈₁ + (1/3 + ½ cos q₂) q̈₂ = t₁ + ½ sin q₂ (2 q̇₁ + q̇₂) q̇₂ − g/l (3/2 sin q₁ + ½ sin(q₁ + q₂))
///     (1/3 + ½ cos q₂) q̈₁ + 1/3 q̈₂ = t₂ − ½ sin q₂ q̇₁² − g/l ½ sin(q₁ + q₂)
///
/// where tᵢ is the hinge's torque less its friction.
@usableFromInline struct TwoRods {
  /// g / l in 1/s²; 0 where the rods lie flat.
  @usableFromInline var gravity: Double
  /// Viscous friction of each hinge over m l², in 1/s.
  @usableFromInline var damping: Double

  @inlinable init(gravity: Double, damping: Double) {
    self.gravity = gravity
    self.damping = damping
  }

  /// The rate of change of `s` under `torque` over m l², in 1/s².
  @inlinable @inline(__always)
  func slope(_ s: SIMD4<Double>, torque: SIMD2<Double>) -> SIMD4<Double> {
    let (sine1, cosine1) = sineCosine(s.x)
    let (sine2, cosine2) = sineCosine(s.y)
    let weight2 = 0.5 * gravity * (sine1 * cosine2 + cosine1 * sine2)
    let right1 =
      torque.x - damping * s.z + 0.5 * sine2 * (2 * s.z + s.w) * s.w - 1.5 * gravity * sine1 - weight2
    let right2 = torque.y - damping * s.w - 0.5 * sine2 * (s.z * s.z) - weight2
    let inertia1 = 5.0 / 3 + cosine2
    let coupling = 1.0 / 3 + 0.5 * cosine2
    let inertia2 = 1.0 / 3
    let determinant = inertia1 * inertia2 - coupling * coupling
    return SIMD4(
      s.z, s.w, (inertia2 * right1 - coupling * right2) / determinant,
      (inertia1 * right2 - coupling * right1) / determinant)
  }

  /// Kinetic and potential energy over m l², in 1/s²; the potential is 0 with both rods level.
  func energy(_ s: SIMD4<Double>) -> Double {
    let cosine1 = sineCosine(s.x).cosine
    let cosine2 = sineCosine(s.y).cosine
    let kinetic =
      0.5 * (5.0 / 3 + cosine2) * s.z * s.z + (1.0 / 3 + 0.5 * cosine2) * s.z * s.w + 0.5 / 3 * s.w * s.w
    return kinetic - gravity * (1.5 * cosine1 + 0.5 * sineCosine(s.x + s.y).cosine)
  }
}
