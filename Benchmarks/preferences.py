"""Takes ten mediocre policies down the roads of Documentation/Preferences.md, and writes how much better they became.

    python3 preferences.py path/to/rlgym [--seeds 0-9] [--only pairs segments rounds pendulum two-stage grpo]

A reference is PPO stopped as soon as its return, explored, is a third of the way from random play to the best. Policies
explore on both sides, from the same 200 starts, ties counting half. Presets were tuned on other seeds.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile

# Random play, the best, and steps between two looks at the reference: a rollout of PPO's preset.
WORLDS = {"CartPole-v1": (22.0, 500.0, 256), "Pendulum-v1": (-1230.0, -137.8, 1024)}
EPISODES = 200


class Roads:
    def __init__(self, rlgym, folder):
        self.rlgym, self.folder = str(pathlib.Path(rlgym).resolve()), pathlib.Path(folder)

    def call(self, *words):
        """The JSON of the last line of a command."""
        done = subprocess.run(
            [self.rlgym, *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"rlgym {' '.join(map(str, words))}: {done.stderr.strip()[-300:]}")
        lines = done.stdout.splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None

    def train(self, agent, name, *words, seed, **settings):
        sets = [word for key, value in settings.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]
        self.call("train", "--agent", agent, "--name", name, "--seed", seed, "--dashboard", "off", *words, *sets)
        return name

    def explored(self, run, checkpoint="latest", start=10_000):
        return self.call(
            "evaluate", run, "--sample", "--checkpoint", checkpoint, "--episodes", EPISODES, "--seed", start,
            "--json")["meanReward"]

    def reference(self, env, seed):
        """A policy a third of the way, judged on starts that no result is measured on."""
        random, best, chunk = WORLDS[env]
        name = f"reference-{env}-{seed}"
        if not (self.folder / "Runs" / name).exists():
            never = {"train__evaluateEvery": 10**9, "train__evaluationEpisodes": 1, "learningRate": 0.001}
            self.train("ppo", name, "--env", env, "--steps", chunk, seed=seed, **never)
            steps = chunk
            while self.explored(name, start=30_000) < random + (best - random) / 3:
                steps += chunk
                self.call("train", "--resume", name, "--steps", steps, "--dashboard", "off")
        return name

    def label(self, out, *words):
        shutil.rmtree(self.folder / out, ignore_errors=True)
        self.call("label", *words, "--labeler", "synthetic", "--out", out, "--json")
        rows = [json.loads(line) for line in open(self.folder / out / "pairs.jsonl")]
        return [row for row in rows if "worths" in row]

    def labelled(self, reference, seed):
        """500 pairs of episodes, a tenth of whose labels are turned round: the temperature that does that is sought."""
        low, high = 0.5, 500.0
        for _ in range(8):
            middle = (low * high) ** 0.5
            rows = self.label("tried", reference, "--pairs", 500, "--temperature", middle, "--seed", 9)
            unequal = [row for row in rows if row["worths"][0] != row["worths"][1]]
            turned = sum((row["worths"][0] > row["worths"][1]) != (row["preference"] > 0.5) for row in unequal)
            low, high = (low, middle) if turned > 0.1 * len(unequal) else (middle, high)
        out = f"pairs-{seed}"
        self.label(out, reference, "--pairs", 500, "--temperature", low, "--seed", seed)
        return out

    def duel(self, run, reference, seed):
        """Ratio of the returns of two policies from the same starts, and how often the first has the greater."""
        rows = self.label(f"duel-{run}", run, reference, "--pairs", EPISODES, "--ties", "half", "--seed", 1000 + seed)
        left, right = zip(*(row["worths"] for row in rows))
        wins = sum(1 if a > b else 0.5 if a == b else 0 for a, b in zip(left, right))
        return statistics.mean(left) / statistics.mean(right), 100 * wins / len(rows)

    def pairs(self, seed):
        reference = self.reference("CartPole-v1", seed)
        data = self.labelled(reference, seed)
        return self.duel(self.train("dpo", f"pairs-{seed}", seed=seed, preferences=data, reference=reference), reference, seed)

    def segments(self, seed):
        reference = self.reference("CartPole-v1", seed)
        data = f"segments-{seed}"
        self.label(data, reference, "--pairs", 2000, "--segment", 50, "--by", "advantage", "--seed", seed)
        # Eight epochs.
        run = self.train(
            "dpo", f"segments-{seed}", "--steps", 8 * 32, seed=seed, preferences=data, reference=reference, loss="cpl",
            beta=0.3, batch=64)
        return self.duel(run, reference, seed)

    def rounds(self, seed):
        reference = self.reference("CartPole-v1", seed)
        run = self.train("dpo", f"rounds-{seed}", seed=seed, reference=reference, rounds=5, pairs=200)
        last = self.explored(run)
        return max(self.explored(run, "best"), last), last

    def pendulum(self, seed):
        reference = self.reference("Pendulum-v1", seed)
        run = self.train("dpo", f"pendulum-{seed}", seed=seed, reference=reference, rounds=5, pairs=200)
        before, after = self.explored(reference), self.explored(run)
        return 100 * (after - before) / (WORLDS["Pendulum-v1"][1] - before), before

    def two_stage(self, seed):
        reference = self.reference("CartPole-v1", seed)
        model = self.train("reward-model", f"model-{seed}", seed=seed, preferences=self.labelled(reference, seed))
        run = self.train(
            "ppo", f"two-stage-{seed}", seed=seed, env__reward=model, reference=reference, klWeight=0.02)
        return self.duel(run, reference, seed)

    def grpo(self, seed):
        reference = self.reference("CartPole-v1", seed)
        run = self.train("grpo", f"grpo-{seed}", "--steps", 100_000, seed=seed, reference=reference, learningRate=0.001)
        return self.duel(run, reference, seed)


TABLE = {
    "pairs": ("CartPole-v1, 500 pairs of episodes, 10 % of the labels turned round: `dpo`", "ratio", "wins, %"),
    "segments": ("CartPole-v1, 2,000 segments of 50 steps by advantage: `cpl`", "ratio", "wins, %"),
    "rounds": ("CartPole-v1, 5 rounds of 200 pairs: return of the best and the last checkpoint", "best", "last"),
    "pendulum": ("Pendulum-v1, 5 rounds of 200 pairs of 50 steps from one state on", "gap closed, %", "reference"),
    "two-stage": ("CartPole-v1, reward model from the 500 pairs, then `ppo` with klWeight 0.02", "ratio", "wins, %"),
    "grpo": ("CartPole-v1, `grpo` on the world's rewards, 100,000 steps", "ratio", "wins, %"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rlgym")
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--only", nargs="*", choices=TABLE, default=list(TABLE))
    given = parser.parse_args()
    first, last = map(int, given.seeds.split("-"))
    print("| road | | mean | worst seed | | mean | worst seed |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        roads = Roads(given.rlgym, folder)
        for road in given.only:
            text, one, other = TABLE[road]
            found = [getattr(roads, road.replace("-", "_"))(seed) for seed in range(first, last + 1)]
            cells = [f"{name} | {statistics.mean(x):.2f} | {min(x):.2f}" for name, x in zip((one, other), zip(*found))]
            print(f"| {text} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
