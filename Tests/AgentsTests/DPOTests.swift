import Environments
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct DPOTests {
  /// Random clips of random actions, at bounds too where actions are numbers.
  static func clips(_ count: Int, _ actions: Space, seed: UInt64 = 3) -> [Episode] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { i in
      let length = 2 + i % 4
      let observations = (0..<3 * (length + 1)).map { _ in Float(random.normal()) }
      let taken: Tensor
      switch actions {
      case .discrete(let n):
        taken = Tensor(shape: [length], values: .int64((0..<length).map { _ in Int64(random.integer(below: n)) }))
      case .box(let low, let high):
        let numbers = (0..<length).flatMap { _ in
          low.indices.map { max(low[$0], min(high[$0], Float(random.uniform(-3, 3)))) }
        }
        taken = Tensor(shape: [length, low.count], values: .float32(numbers))
      }
      return Episode(
        observations: Tensor(shape: [length + 1, 3], values: .float32(observations)), actions: taken,
        rewards: .init(repeating: 0, count: length), terminations: .init(repeating: false, count: length),
        truncations: .init(repeating: false, count: length),
        states: Tensor(shape: [length + 1, 1], values: .float64(.init(repeating: 0, count: length + 1))), seed: 0)
    }
  }

  static func configuration(_ kind: PreferenceLoss.Kind, _ actions: Space) -> DPOConfiguration {
    var configuration = DPOConfiguration()
    configuration.loss = PreferenceLossTests.loss(kind)
    configuration.hidden = [5]
    configuration.discount = 0.9
    configuration.batch = 4
    configuration.data = Preferences(
      environment: "", clips: clips(8, actions),
      pairs: (0..<4).map { .init(left: 2 * $0, right: 2 * $0 + 1, preference: [1, 0, 0.5, 0.7][$0]) })
    return configuration
  }

  /// The whole gradient, through network, head and loss, is that of the loss.
  @Test(arguments: PreferenceLoss.Kind.allCases) func gradientOfCategorical(_ kind: PreferenceLoss.Kind) {
    checkGradient(Categorical(actions: 3), Self.configuration(kind, .discrete(3)))
  }

  @Test(arguments: PreferenceLoss.Kind.allCases) func gradientOfGaussian(_ kind: PreferenceLoss.Kind) {
    let space = Space.box(low: [-2, -1], high: [2, 0.5])
    checkGradient(ClippedGaussian(over: space, logStandardDeviation: -0.3), Self.configuration(kind, space))
  }

  private func checkGradient(_ head: some RecordedActions, _ configuration: DPOConfiguration) {
    var agent = DPO(configuration, head, observationSize: 3, seed: 5)
    // Away from the reference, where all losses have slopes.
    var random = RandomStream(seed: 11)
    agent.theta = agent.theta.map { $0 + Float(0.3 * random.normal()) }
    let theta = agent.theta
    let baseline = agent.lossAndGradient(baseline: nil).baseline
    let gradient = agent.lossAndGradient(baseline: baseline).gradient
    for i in theta.indices {
      let step: Float = 2e-2
      func loss(_ shift: Float) -> Double {
        agent.theta = theta
        agent.theta[i] += shift
        return agent.lossAndGradient(baseline: baseline).loss
      }
      // Central differences of fourth order: single precision allows no small step.
      let slope =
        (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * Double(step))
      #expect(
        abs(slope - Double(gradient[i])) < 2e-4 + 1e-3 * slope.magnitude, "parameter \(i): \(slope), \(gradient[i])")
    }
  }

  /// The numbers that the metrics promise, of a policy that is its own reference.
  @Test func metricsAtTheStart() throws {
    var agent = DPO(Self.configuration(.sigmoid, .discrete(3)), Categorical(actions: 3), observationSize: 3, seed: 5)
    var meter = Meter(tags: DPO<Categorical>.metricTags)
    agent.update(into: &meter)
    let row = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
    #expect(abs(row["train/loss"]! - 0.693_147_18) < 1e-6)
    #expect(row["rewards/margins"]! == 0 && row["rewards/accuracies"]! == 0 && abs(row["train/kl"]!) < 1e-6)
    #expect(row["logps/chosen"]! < -1)
    for _ in 0..<200 { agent.update(into: &meter) }
    let later = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
    #expect(later["train/loss"]! < row["train/loss"]! && later["rewards/margins"]! > 0 && later["train/kl"]! > 0)
  }

  /// Saved and restored, it goes on as it would have, to the bit.
  @Test func resumes() throws {
    let configuration = Self.configuration(.kto, .discrete(3))
    var meter = Meter(tags: DPO<Categorical>.metricTags)
    var agent = DPO(configuration, Categorical(actions: 3), observationSize: 3, seed: 5)
    for _ in 0..<7 { agent.update(into: &meter) }
    var writer = CheckpointWriter()
    agent.save(to: &writer)
    var other = DPO(configuration, Categorical(actions: 3), observationSize: 3, seed: 6)
    try other.restore(from: CheckpointReader(writer))
    for _ in 0..<7 {
      agent.update(into: &meter)
      other.update(into: &meter)
    }
    #expect(agent.theta == other.theta)
  }

  /// A weight that is not a number stops training with the quantity's name.
  @Test func refusesNaN() throws {
    var agent = DPO(Self.configuration(.sigmoid, .discrete(3)), Categorical(actions: 3), observationSize: 3, seed: 5)
    agent.theta[0] = .nan
    var meter = Meter(tags: DPO<Categorical>.metricTags)
    agent.update(into: &meter)
    #expect("\(try #require(meter.fault))".hasPrefix("train/loss is not a finite number at step"))
  }

  @Test func tellsWhatDoesNotFit() {
    let clips = Self.clips(2, .discrete(3))
    #expect(misfit(of: clips, observations: 3, actions: .discrete(3)) == nil)
    #expect(misfit(of: clips, observations: 4, actions: .discrete(3))!.contains("expected 4 numbers"))
    #expect(misfit(of: clips, observations: 3, actions: .discrete(1))!.contains("expected one of 0...0"))
    #expect(misfit(of: clips, observations: 3, actions: .box(low: [0], high: [1]))!.contains("its actions have"))
  }
}
