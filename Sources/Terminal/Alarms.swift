import Foundation
import RLCore
import RunStore

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
    explodingValues, explodingLoss, lostPolicy, idle, noImprovement, saturatedActor, vanishingValues, noPreference,
    stuckLoss, clippedUpdates, entropyCollapse, farFromTraining, staleReplay, fallingLogProbabilities, learntByHeart,
    fallingThroughput,
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

/// Evaluations are no better, over the same starts, than always doing the same, though much of the budget is used.
private func idle(_ run: RunView) -> Alarm? {
  let evaluations = run.values("eval/mean_reward")
  guard let idle = run.values(MetricsRow.idleTag).first, run.progress ?? 0 >= 0.4, evaluations.count >= 6,
    let best = evaluations.suffix(evaluations.count / 2).max(), best <= idle
  else { return nil }
  return Alarm(
    title: "no better than doing nothing",
    reason: "one and the same action at every step earns \(Format.number(idle)), the best of the last half "
      + "\(Format.number(best))",
    advice: "more exploration (noiseScale, epsilon, entropy), longer warmup, or rewards that lead to the goal")
}

/// An actor at its bounds, where tanh has hardly a slope, that does not get better. A good policy may be there too.
private func saturatedActor(_ run: RunView) -> Alarm? {
  let (shares, evaluations) = (run.values("train/saturation"), run.values("eval/mean_reward"))
  guard shares.count >= 10, evaluations.count >= 4, let first = evaluations.first,
    let late = evaluations.suffix(evaluations.count / 2).max()
  else { return nil }
  let share = mean(shares.suffix(5))
  guard share > 0.95, late <= first + (run.values("eval/std_reward").first ?? 0) / 2 else { return nil }
  return Alarm(
    title: "the actor is saturated",
    reason: "\(Format.fixed(share * 100, 0)) % of its outputs lie next to a bound, and evaluations have not risen",
    advice: "a smaller actorLearningRate, scaled rewards (rewardScale), or clipped gradients (maxGradientNorm)")
}

/// Most of what is replayed was done by policies that earned much less than the present one, whose evaluations have fallen.
/// A buffer's steps are half its reach old on average.
private func staleReplay(_ run: RunView) -> Alarm? {
  guard let capacity = run.replayCapacity, let budget = run.budget, budget > 0 else { return nil }
  let age = Double(min(run.step, capacity)) / 2
  let training = run.series["rollout/ep_rew_mean"]?.points ?? []
  let evaluations = run.series["eval/mean_reward"]?.points ?? []
  guard age >= Double(budget) / 4, training.count >= 10, evaluations.count >= 8, let now = training.last,
    let then = training.last(where: { $0.x <= Double(run.step) - age }), let low = training.map(\.y).min(),
    let high = training.map(\.y).max(), now.y - then.y > (high - low) / 2
  else { return nil }
  let split = evaluations.count * 2 / 3
  guard let before = evaluations[..<split].map(\.y).max(), let late = evaluations[split...].map(\.y).max(),
    let worst = evaluations.map(\.y).min(), before - late > 0.1 * (before - worst)
  else { return nil }
  return Alarm(
    title: "the replay is older than the policy",
    reason: "a replayed step is \(Format.compact(age)) steps old on average, when training returned "
      + "\(Format.number(then.y)); now it is \(Format.number(now.y))",
    advice: "a smaller capacity, or more exploration now (noiseScale, epsilon)")
}

/// A loss that has not moved at all: neither its level nor, from quarter to quarter, its mean.
private func stuckLoss(_ run: RunView) -> Alarm? {
  if noPreference(run) != nil { return nil }
  for tag in ["train/critic_loss", "train/loss", "train/value_loss"] {
    let losses = run.values(tag).map(abs)
    guard losses.count >= 20, run.progress ?? 0 >= 0.2 else { continue }
    let quarter = losses.count / 4
    let means = (0..<4).map { mean(losses[($0 * quarter)..<(($0 + 1) * quarter)]) }
    guard let low = means.min(), let high = means.max(), low > 1e-6, high <= 1.02 * low else { continue }
    let evaluations = run.values("eval/mean_reward")
    // Where the policy gets better, a level loss is no harm.
    if evaluations.count >= 4, let first = evaluations.first,
      let late = evaluations.suffix(evaluations.count / 2).max(),
      late > first + (run.values("eval/std_reward").first ?? 0) / 2
    {
      continue
    }
    return Alarm(
      title: "\(tag) is stuck",
      reason:
        "its mean in each quarter of the run is within 2 % of \(Format.number(low)), and evaluations have not risen",
      advice: "a larger learningRate, a larger network (hidden), or look whether the data says anything")
  }
  return nil
}

/// Preferences leave no trace: the policy stays where its reference is, at a loss of ln 2.
private func noPreference(_ run: RunView) -> Alarm? {
  let (margins, losses) = (run.values("rewards/margins"), run.values("train/loss"))
  guard margins.count >= 5, losses.count >= 5, let widest = margins.map(abs).max(), widest < 1e-6,
    losses.allSatisfy({ abs($0 - log(2)) < 1e-4 })
  else { return nil }
  return Alarm(
    title: "the loss stays at ln 2",
    reason: "the margin between the preferred clips and the others is \(Format.number(widest)): nothing is learnt",
    advice: "a beta above 0, a learningRate above 0, and a reference that is a copy: it may not move with the policy")
}

/// The preferred clips become less probable too.
private func fallingLogProbabilities(_ run: RunView) -> Alarm? {
  let chosen = run.values("logps/chosen")
  guard chosen.count >= 10 else { return nil }
  let (first, now) = (mean(chosen.prefix(3)), mean(chosen.suffix(3)))
  guard now < first - max(1, 0.1 * abs(first)) else { return nil }
  return Alarm(
    title: "preferred clips become less probable",
    reason:
      "their log-probability was \(Format.number(first)) and is \(Format.number(now)): both sides of the pairs fall",
    advice: "a larger beta, a smaller learningRate, or fewer updates")
}

/// All pairs are told apart, and there are few of them.
private func learntByHeart(_ run: RunView) -> Alarm? {
  let shares = run.values("rewards/accuracies")
  guard let pairs = run.pairs, pairs < 100, shares.count >= 5, shares.suffix(5).allSatisfy({ $0 >= 1 }) else {
    return nil
  }
  return Alarm(
    title: "few pairs, learnt by heart",
    reason: "every one of \(pairs) pairs is told apart: what holds beyond them cannot be seen",
    advice: "more pairs (rlgym label), fewer updates, a larger beta; hold it to new pairs: rlgym label RUN OTHER")
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
