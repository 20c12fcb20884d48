import ArgumentParser
import Foundation
import Networks

struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: pin to one core, as in: taskset -c 1 rlgym benchmark",
    discussion: """
      step:<env>:1               environment steps a second, random actions and resets included
      update:<agent>:<hidden>:<batch>   updates a second, one per environment step, and the share of the
                                 unavoidable matrix products, measured alone in the same run; of dpo
                                 on 2,000 pairs of 50 steps, so that 2,000/<batch> are an epoch
      on-policy:<ppo or a2c>     environment steps a second on CartPole, with rl-zoo's eight lanes,
                                 rollouts and epochs
      tabular:<agent>:<env>      environment steps a second
      sweep:<agent>:<rows>x<columns>    state backups a second on a slip grid
      solve:<rows>x<columns>     seconds to solve that grid to a residual of 1e-6
      train:<agent>:<env>        wall seconds of the default training run, files included
      Figures are medians of CPU time.
      """)

  static let standard = [
    "step:Pendulum-v1:1", "step:CartPole-v1:1", "step:CliffWalking-v1:1", "update:ddpg:64x64:64",
    "update:ddpg:256x256:256", "tabular:q-learning:CliffWalking-v1", "sweep:value-iteration:1000x1000",
    "solve:200x200", "train:ddpg:Pendulum-v1",
  ]

  @Argument(help: "Benchmarks to run; all of the standard ones where left out.") var names: [String] = []
  @Flag(help: "Print one JSON object a measurement.") var json = false

  func run() throws {
    printError("OpenBLAS kernels: \(BLAS.coreName)")
    let measurements = try (names.isEmpty ? Self.standard : names).map { try BenchmarkName($0) }
    for name in measurements {
      let measurement = try name.measure()
      if json {
        try printJSON(measurement)
      } else {
        var line =
          "\(measurement.name)  \(rounded(measurement.value, measurement.value < 100 ? 3 : 0)) \(measurement.unit)"
        if let share = measurement.gemmShare { line += "  GEMM share \(rounded(share, 3))" }
        try printOut(line)
      }
    }
  }
}

struct Measurement: Encodable {
  let name: String
  let value: Double
  let unit: String
  var gemmShare: Double?
}

/// CPU seconds that this thread has used.
func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
