import Foundation
import RLCore

/// Something in a run's metrics that often means trouble: what it is, what shows it, and what to try.
struct Alarm: Sendable, Equatable {
  let title: String
  let reason: String
  let advice: String
}

/// What is wrong with a run as far as its curves tell, the gravest first. Each rule needs enough points to be more than
/// chance, and says nothing of metrics that a run does not have.
func alarms(of run: RunView) -> [Alarm] {
  let rules: [(RunView) -> Alarm?] = [
    explodingValues, explodingLoss, lostPolicy, noImprovement, vanishingValues, clippedUpdates, entropyCollapse,
    farFromTraining, fallingThroughput,
  ]
  return rules.compactMap { $0(run) }
}

/// The largest return seen either way: what values of states may come to.
private func returnScale(_ run: RunView) -> Double? {
  let returns = ["rollout/ep_rew_mean", "eval/mean_reward"].flatMap { run.values($0) }
  return returns.map(abs).max()
}

/// Values of more than ten times any return seen, and still growing: discounted sums of rewards cannot be so large.
private func explodingValues(_ run: RunView) -> Alarm? {
  let q = run.values("train/q_value").map(abs)
  guard q.count >= 10, let scale = returnScale(run), let last = q.last, last > 10 * max(scale, 1),
    last > 2 * mean(q.prefix(q.count / 2))
  else { return nil }
  return Alarm(
    title: "values explode",
    reason: "mean |Q| is \(Format.number(last)), the largest return so far is \(Format.number(scale))",
    advice: "a smaller learningRate or tau, a smaller discount, or clipped gradients (maxGradientNorm)")
}

/// A loss a hundred times its median.
private func explodingLoss(_ run: RunView) -> Alarm? {
  for tag in ["train/critic_loss", "train/loss", "train/value_loss", "train/td_error"] {
    let losses = run.values(tag).map(abs)
    guard losses.count >= 20 else { continue }
    let usual = median(losses.prefix(losses.count * 4 / 5))
    let now = mean(losses.suffix(3))
    guard usual > 0, now > 100 * usual else { continue }
    return Alarm(
      title: "\(tag) explodes",
      reason: "its last values average \(Format.number(now)), its median is \(Format.number(usual))",
      advice: "a smaller learningRate, clipped gradients (maxGradientNorm), or scaled rewards")
  }
  return nil
}

/// The last evaluations lie far below the best: by most of what was gained, and by more than they vary.
private func lostPolicy(_ run: RunView) -> Alarm? {
  let evaluations = run.values("eval/mean_reward")
  guard evaluations.count >= 8, let best = evaluations.max(), let worst = evaluations.min() else { return nil }
  let last = Array(evaluations.suffix(3))
  let spread = run.values("eval/std_reward").last ?? 0
  guard let highest = last.max(), best - highest > 0.6 * (best - worst), best - highest > 2 * spread else { return nil }
  return Alarm(
    title: "what was learnt is lost",
    reason: "the last three evaluations are at most \(Format.number(highest)), the best was \(Format.number(best))",
    advice: "a smaller or decaying learningRate; the best policy is kept: rlgym evaluate RUN --checkpoint best")
}

/// Neither evaluations nor training are better than at the start, though much of the budget is used.
private func noImprovement(_ run: RunView) -> Alarm? {
  guard !run.isPlanning, run.progress ?? 0 >= 0.4 else { return nil }
  var shown: [Double] = []
  for tag in ["eval/mean_reward", "rollout/ep_rew_mean"] {
    let returns = run.values(tag)
    guard returns.count >= 6, let first = returns.first else { return nil }
    let late = returns.suffix(returns.count / 2)
    // Evaluations say themselves how they vary; of training returns it is what one differs from the next.
    let noise =
      tag == "eval/mean_reward"
      ? (run.values("eval/std_reward").first ?? 0) / 2
      : 3 * median(zip(returns, returns.dropFirst()).map { abs($1 - $0) })
    guard let best = late.max(), best <= first + noise else { return nil }
    shown += [first, best]
  }
  return Alarm(
    title: "no better than at the start",
    reason: "evaluations began at \(Format.number(shown[0])), the best of the last half is \(Format.number(shown[1]))",
    advice: "more exploration (epsilon, noiseScale), another learningRate, or a preset: rlgym describe AGENT lists them"
  )
}

/// Values of nothing, where returns are not.
private func vanishingValues(_ run: RunView) -> Alarm? {
  let q = run.values("train/q_value").map(abs)
  guard q.count >= 10, let scale = returnScale(run), scale > 0, let highest = q.suffix(q.count / 2).max(),
    highest < 1e-4 * scale
  else { return nil }
  return Alarm(
    title: "values die",
    reason: "mean |Q| is at most \(Format.number(highest)), the largest return so far is \(Format.number(scale))",
    advice: "a larger learningRate, smaller first weights, or no scaling of rewards (rewardScale)")
}

/// Most of an update is clipped away.
private func clippedUpdates(_ run: RunView) -> Alarm? {
  let shares = run.values("train/clip_fraction")
  guard shares.count >= 5 else { return nil }
  let share = mean(shares.suffix(5))
  guard share > 0.5 else { return nil }
  return Alarm(
    title: "most updates are clipped",
    reason: "\(Format.fixed(share * 100, 0)) % of the samples of the last updates lie outside the clip range",
    advice: "a smaller learningRate, fewer epochs, or a wider clip range")
}

/// A policy that has become certain long before the end. `train/entropy_loss` is minus the entropy.
private func entropyCollapse(_ run: RunView) -> Alarm? {
  let entropy = run.values("train/entropy_loss").map { -$0 }
  guard entropy.count >= 10, run.progress ?? 1 < 0.5, let first = entropy.first, first > 0 else { return nil }
  let now = mean(entropy.suffix(3))
  guard now < 0.02 * first else { return nil }
  return Alarm(
    title: "the policy no longer explores",
    reason: "its entropy is \(Format.number(now)), it began at \(Format.number(first))",
    advice: "a larger entropy bonus, or a smaller learningRate")
}

/// Evaluations that stay far below training: by half of all that returns have spanned, and by more than they vary.
private func farFromTraining(_ run: RunView) -> Alarm? {
  let (evaluations, training) = (run.values("eval/mean_reward"), run.values("rollout/ep_rew_mean"))
  guard evaluations.count >= 6, training.count >= 6, let now = training.last else { return nil }
  let all = evaluations + training
  let span = (all.max() ?? 0) - (all.min() ?? 0)
  let spread = run.values("eval/std_reward").last ?? 0
  guard let highest = evaluations.suffix(3).max(), now - highest > max(span / 2, 3 * spread), span > 0 else {
    return nil
  }
  return Alarm(
    title: "evaluation is far below training",
    reason: "training returns \(Format.number(now)), the last evaluations at most \(Format.number(highest))",
    advice: "the deterministic policy differs from the one that explores: rlgym evaluate RUN --sample shows the latter")
}

/// Less than half of the usual pace.
private func fallingThroughput(_ run: RunView) -> Alarm? {
  let paces = run.values("time/fps")
  guard run.status == .running, paces.count >= 12 else { return nil }
  let usual = median(paces.dropLast(3))
  // The slowest pace is the fairest: rows with an evaluation are slow at all times.
  guard let now = paces.suffix(3).max(), now < 0.5 * usual, now < (paces.dropLast(3).min() ?? 0) else { return nil }
  return Alarm(
    title: "training has become slow",
    reason: "\(Format.compact(now)) steps/s, usually \(Format.compact(usual))",
    advice: "another program may take the processor; fewer seeds at once; --threads 1")
}

extension RunView {
  /// The finite values of a metric, in order.
  fileprivate func values(_ tag: String) -> [Double] { series[tag]?.points.map(\.y) ?? [] }
}

private func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

private func median(_ values: some Collection<Double>) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
