"""Trains every pair of the table over several seeds, evaluates the runs on the test starts, and writes the table.

    python3 results.py path/to/rlgym [--runs FOLDER] [--seeds 10] [--only AGENT[:ENV] ...] [--table RESULTS.md]

The protocol is one for all: the preset as it is, seeds 0 and up, `best` chosen during training on selection starts
(seeds 20000 and up), then fresh test starts (seeds 10000 and up): 100 episodes, for Pendulum the 1,000 whose
near-optimal returns are known. A run that is there is gone on with, not trained again: an interrupted table goes on.
"""
import argparse
import json
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
NEAR_OPTIMAL = ROOT / "Tests/AgentsTests/Fixtures/pendulum-near-optimal.json"
# rl-zoo's published single runs: mean return and environment steps.
ZOO = {
    ("ddpg", "Pendulum-v1"): "−152.1 @20 k", ("td3", "Pendulum-v1"): "−151.9 @20 k",
    ("sac", "Pendulum-v1"): "−157.0 @20 k", ("ppo", "Pendulum-v1"): "−172.2 @100 k",
    ("a2c", "Pendulum-v1"): "−163.0 @1 M",
    ("ddpg", "MountainCarContinuous-v0"): "93.5 @300 k", ("td3", "MountainCarContinuous-v0"): "93.5 @300 k",
    ("sac", "MountainCarContinuous-v0"): "94.7 @50 k", ("ppo", "MountainCarContinuous-v0"): "88.3 @20 k",
    ("a2c", "MountainCarContinuous-v0"): "91.2 @100 k",
    ("dqn", "CartPole-v1"): "500 @50 k", ("ppo", "CartPole-v1"): "500 @100 k", ("a2c", "CartPole-v1"): "500 @500 k",
    ("dqn", "Acrobot-v1"): "−76.6 @100 k", ("ppo", "Acrobot-v1"): "−73.5 @1 M", ("a2c", "Acrobot-v1"): "−83.4 @500 k",
    ("dqn", "MountainCar-v0"): "−100.8 @120 k", ("ppo", "MountainCar-v0"): "−110.4 @1 M",
    ("a2c", "MountainCar-v0"): "−111.3 @1 M",
}
HEAD = """# Returns

What the presets reach, as `make results` (or `Benchmarks/results.py`) writes it: seeds 0 to {last}, environment steps over all lanes and
warm-up included. The best checkpoint is chosen during training on selection starts; both it and the final policy are evaluated,
deterministically, on 100 test starts (seeds 10000 and up), Pendulum on the 1,000 whose near-optimal returns are known (mean {optimum:.1f}).
Wall times are medians, evaluations included, and depend on what else the machine does. Beside them rl-zoo's published single runs.

"""
DISCRETE = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"]
CONTINUOUS = ["Pendulum-v1", "MountainCarContinuous-v0"]
CONTROL = ["CartPoleSwingUp", "DoublePendulum", "Reacher", "Quadrotor", "Parking"]
# What learns from saved episodes or pairs: Documentation/Preferences.md has its returns.
FROM_DATA = ["bc", "dpo", "reward-model"]


def output(*command):
    """The JSON of the command's last line."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def pairs(rlgym, only):
    agents = {agent["id"]: agent["presets"] for agent in output(rlgym, "list", "agents", "--json")["agents"]}
    wanted = [tuple(item.split(":", 1)) for item in only]
    for world in DISCRETE + CONTINUOUS + CONTROL:
        for agent, presets in agents.items():
            named = not wanted or (agent,) in wanted or (agent, world) in wanted
            if world in presets and named and not agent.startswith("linear") and agent not in ["lspi", *FROM_DATA]:
                yield agent, world


def measure(rlgym, folder, agent, world, seed):
    """What one run reached: its return from the best and from the last checkpoint, its steps and its seconds."""
    name = f"{agent}__{world}__s{seed}"
    result = folder / f"{name}.json"
    if result.exists():
        return json.loads(result.read_text())
    if (folder / name / "config.yaml").exists():
        what = ["--resume", folder / name]
    else:
        what = ["--agent", agent, "--env", world, "--seed", str(seed), "--runs", folder, "--name", name]
    trained = output(rlgym, "train", *what, "--dashboard", "off", "--json")
    measured = {"steps": trained["steps"], "seconds": trained["wallSeconds"]}
    episodes = 1000 if world == "Pendulum-v1" else 100
    for checkpoint in ("best", "latest"):
        evaluated = output(
            rlgym, "evaluate", folder / name, "--seed", "10000", "--episodes", str(episodes), "--checkpoint",
            checkpoint, "--json")
        measured[checkpoint] = evaluated["meanReward"]
    result.write_text(json.dumps(measured))
    return measured


def row(agent, world, runs, near_optimal):
    best = [run["best"] for run in runs]
    last = [run["latest"] for run in runs]
    mean = statistics.mean(best)
    gap = f" (gap {near_optimal - mean:.1f})" if world == "Pendulum-v1" else ""
    steps = f"{runs[0]['steps']:,}".replace(",", " ")
    return (
        f"| {world} | `{agent}` | {steps} | {mean:.1f}{gap} | {min(best):.1f} … {max(best):.1f} | "
        f"{statistics.mean(last):.1f} | {statistics.median(run['seconds'] for run in runs):.1f} s | "
        f"{ZOO.get((agent, world), '')} |"
    ).replace("-", "−").replace("−v", "-v").replace(agent.replace("-", "−"), agent)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rlgym")
    parser.add_argument("--runs", default="Runs/results")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--table")
    given = parser.parse_args()
    folder = pathlib.Path(given.runs).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    near_optimal = statistics.mean(json.loads(NEAR_OPTIMAL.read_text())["test"]["returns"])
    lines = [
        "| environment | agent | steps | best checkpoint, mean | lowest … highest seed | final policy | wall | rl-zoo |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for agent, world in pairs(given.rlgym, given.only):
        runs = [measure(given.rlgym, folder, agent, world, seed) for seed in range(given.seeds)]
        lines.append(row(agent, world, runs, near_optimal))
        print(lines[-1], flush=True)
    if given.table:
        head = HEAD.format(last=given.seeds - 1, optimum=near_optimal).replace("(mean -", "(mean −")
        pathlib.Path(given.table).write_text(head + "\n".join(lines) + "\n")


main()
