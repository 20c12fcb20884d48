/// The experiments of `rlgym reproduce`.
public enum Textbook {
  /// In the order of the books.
  public static let experiments: [Experiment] =
    policyValues + zhaoPlanning + zhao + zhaoMonteCarlo + zhaoLearning + zhaoFunctions + zhaoGradients + suttonBarto
    + suttonBartoPlanning + suttonBartoValues + bandits + monteCarlo + cliffWalks + temporalDifference + randomWalks
    + dyna + mountainCars + linearPrediction + policyGradients + toyText + preferences
}
