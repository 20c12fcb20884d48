import Benchmark
import Environments
import Networks
import RLCore

/// The parts that a training run spends its time in, each alone. Whole updates and whole runs are measured by
/// `rlgym benchmark`.
let benchmarks: @Sendable () -> Void = {
  BLAS.setThreads(1)
  random()
  environments()
  replay()
  for size in [(hidden: 64, batch: 64), (hidden: 256, batch: 256)] { networks(hidden: size.hidden, batch: size.batch) }
}

/// One iteration is a million of what is measured, or fewer where that takes longer, so that what it costs to read the
/// clock vanishes.
private func times(_ factor: BenchmarkScalingFactor) -> Benchmark.Configuration {
  .init(metrics: [.wallClock, .throughput], scalingFactor: factor, maxDuration: .seconds(2))
}

private func random() {
  Benchmark("RandomStream.uniform", configuration: times(.mega)) { benchmark in
    var stream = RandomStream(seed: 0)
    var sum = 0.0
    for _ in benchmark.scaledIterations { sum += stream.uniform() }
    blackHole(sum)
  }
  Benchmark("RandomStream.normal", configuration: times(.mega)) { benchmark in
    var stream = RandomStream(seed: 0)
    var sum = 0.0
    for _ in benchmark.scaledIterations { sum += stream.normal() }
    blackHole(sum)
  }
}

private func environments() {
  Benchmark("Simulator.step CliffWalking-v1", configuration: times(.mega)) { benchmark in
    steps(benchmark.scaledIterations, in: try Simulator(CliffWalking()))
  }
  Benchmark("Simulator.step FrozenLake-v1", configuration: times(.mega)) { benchmark in
    steps(benchmark.scaledIterations, in: try Simulator(FrozenLake.fourByFour))
  }
  Benchmark("Pendulum.step", configuration: times(.kilo)) { benchmark in
    steps(benchmark.scaledIterations, in: Pendulum())
  }
}

/// Random actions; an episode that ends is followed by the next.
@inline(__always)
private func steps<World: Environment>(_ count: Range<Int>, in start: World) {
  var world = start
  var random = RandomStream(seed: 0)
  var observation = world.emptyObservation()
  var action = world.emptyAction()
  let space = world.actionSpace
  world.reset(seed: 0, into: &observation)
  for _ in count {
    action.sample(from: space, using: &random)
    if world.step(action, into: &observation).ending != .running { world.reset(seed: nil, into: &observation) }
  }
  blackHole(observation)
}

private func replay() {
  var stored = Replay(capacity: 10_000, observationSize: 3, actionSize: 1)
  for i in 0..<stored.capacity {
    let x = Float(i)
    stored.append([x, x, x], [0.5], -x, [x, x, x + 1], .running)
  }
  let replay = stored
  for count in [64, 256] {
    Benchmark("Replay.sample batch \(count)", configuration: times(.kilo)) { benchmark in
      var stream = RandomStream(seed: 0)
      var batch = TransitionBatch(count: count, observationSize: 3, actionSize: 1)
      for _ in benchmark.scaledIterations { replay.sample(into: &batch, using: &stream) }
      blackHole(batch.rewards[0])
    }
  }
}

/// A critic of Pendulum's size. One iteration is one pass over a batch.
private func networks(hidden: Int, batch: Int) {
  let network = MLP([4, hidden, hidden, 1], hidden: .relu, output: .identity)
  var stream = RandomStream(seed: 0)
  let parameters = network.initialParameters(outputRange: 3e-3, using: &stream)
  let input = (0..<batch * 4).map { _ in Float(stream.uniform(-1, 1)) }
  let size = "\(hidden)x\(hidden) batch \(batch)"
  let factor: BenchmarkScalingFactor = hidden > 64 ? .one : .kilo

  Benchmark("MLP.forward \(size)", configuration: times(factor)) { benchmark in
    var work = MLP.Workspace(for: network, rows: batch)
    for _ in benchmark.scaledIterations { network.forward(parameters, input, stride: 4, rows: batch, into: &work) }
    blackHole(work.output(0))
  }
  Benchmark("MLP.backward \(size)", configuration: times(factor)) { benchmark in
    var work = MLP.Workspace(for: network, rows: batch)
    var gradient = parameters
    network.forward(parameters, input, stride: 4, rows: batch, into: &work)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations {
      for i in 0..<batch { work.setGradient(i, to: 1) }
      network.backward(parameters, input, stride: 4, rows: batch, &work, into: &gradient)
    }
    blackHole(gradient[0])
  }
  Benchmark("Adam.step \(size)", configuration: times(factor)) { benchmark in
    var moved = parameters
    var target = parameters
    var optimiser = Adam(parameterCount: parameters.count)
    for _ in benchmark.scaledIterations {
      optimiser.step(&moved, parameters, rate: 1e-3, tracking: &target, tau: 0.005)
    }
    blackHole(moved[0])
  }
}
