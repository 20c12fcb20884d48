import Environments
import RLCore
import RunStore
import Testing

@testable import Agents

/// What holds for the presets of all planners, tabular and linear agents.
@Suite struct PresetsTests {
  static let configurations: [any FiniteLearning] = [
    BatchUpdating.Configuration(), DoubleQLearning.Configuration(), DynaQ.Configuration(), DynaQPlus.Configuration(),
    EpsilonGreedyBandit.Configuration(), ExpectedSarsa.Configuration(), GradientBandit.Configuration(),
    DynaPrioritized.Configuration(), LambdaReturn.Configuration(), MCBasic.Configuration(),
    MCEpsilonGreedy.Configuration(), MCExploringStarts.Configuration(), MCPrediction.Configuration(),
    NStepSarsa.Configuration(), NStepTD.Configuration(), OffPolicyMCControl.Configuration(),
    OffPolicyMCPrediction.Configuration(), OptimisticBandit.Configuration(), PrioritizedSweeping.Configuration(),
    QLearning.Configuration(), QSigma.Configuration(), Sarsa.Configuration(), SarsaLambda.Configuration(),
    TD.Configuration(), TDLambda.Configuration(), TreeBackup.Configuration(), TrueOnlineTDLambda.Configuration(),
    UCB.Configuration(), ValueIteration.Configuration(), DifferentialSarsaConfiguration(),
    EmphaticTD.Configuration(), GTD2.Configuration(), LSPIConfiguration(), LSTD.Configuration(),
    LinearExpectedSarsaConfiguration(), LinearMC.Configuration(), LinearNStepSarsaConfiguration(),
    LinearNStepTD.Configuration(), LinearQLearningConfiguration(), LinearSarsaConfiguration(),
    LinearSarsaLambdaConfiguration(), LinearTD.Configuration(), LinearTDLambda.Configuration(),
    LinearTrueOnlineTDLambda.Configuration(), OffPolicyTD.Configuration(), TDC.Configuration(),
  ]

  @Test(arguments: configurations.indices) func everySettingIsTaken(_ index: Int) throws {
    func check<Configuration: FiniteLearning>(_ defaults: Configuration) throws {
      let yaml = try #require(Presets.yaml(of: Configuration.id), "\(Configuration.id)")
      let sections = try readSettings(yaml: yaml, file: Configuration.id + ".yaml")
      #expect(!sections.isEmpty, "\(Configuration.id)")
      for (_, section) in sections {
        var configuration = defaults
        for (name, setting) in section where !name.hasPrefix("train.") && !name.hasPrefix("env.") {
          try configuration.set(name, to: setting.value)
          let value = configuration.settingValues.first { $0.name == name }?.value
          #expect(value?.description == setting.value.description || value?.asNumber == setting.value.asNumber)
        }
      }
    }
    try check(Self.configurations[index])
  }

  /// The learner that the settings make learns in any finite world, and says which tags it reports.
  @Test(arguments: configurations.indices) func theLearnerLearns(_ index: Int) throws {
    // With a discount, since a walk that no episode left by its end has no value without.
    var process = CliffWalking()
    process.discount = 0.9
    let simulator = try Simulator(process)
    let world = TimeLimit(simulator, limit: 100)
    var learner = Self.configurations[index].learner(in: world, model: simulator.table, seed: 1)
    let before = learner.solution
    var meter = Meter(tags: learner.metricTags)
    // Enough for a round of LSPI, and not at the end of an episode, where bandits begin anew.
    try learner.advance(by: 1050, into: &meter)
    let after = try #require(learner.solution)
    #expect(after != before && after.states == 48 && after.actions == 4)
    for s in 0..<48 { #expect(abs(after.policy[s * 4..<s * 4 + 4].reduce(0, +) - 1) < 1e-9) }
    #expect(try learner.evaluate(episodes: 3, seed: 1, sample: false).returns.count == 3)
  }
}
