"""Measures rlgym and its peers in turns, in one run on one core, and prints the ratios.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE taskset -c 1 python3 compare.py path/to/rlgym [rounds]

Peers whose packages cannot be imported are left out, and named. Machines differ and are noisy: a ratio of two figures
that were taken a moment apart says more than either.
"""
import importlib.util
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

PEERS = pathlib.Path(__file__).parent / "peers"
# A benchmark of rlgym's, the peer's script with its arguments, and the Python package it needs, or none for C.
STEPS = ["CartPole-v1", "Pendulum-v1", "MountainCar-v0", "Acrobot-v1", "FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"]
PAIRS = [
    ("step:CartPole-v1:1024", ["cartpole.c", "1024"], None),
    *[
        (f"step:{name}:1024", ["gymnasium_steps.py", name], "gymnasium")
        for name in STEPS
    ],
    *[
        (f"tabular:{name}:CliffWalking-v1", ["td_control_numba.py", name], "numba")
        for name in ["q-learning", "sarsa"]
    ],
    ("sweep:value-iteration:1000x1000", ["value_iteration_numba.py", "sweep", "1000x1000"], "numba"),
    ("solve:1000x1000", ["value_iteration_numba.py", "solve", "1000x1000"], "numba"),
    ("update:ddpg:64x64:64", ["ddpg_jax_scan.py", "64", "64"], "jax"),
    ("update:ddpg:256x256:256", ["ddpg_jax_scan.py", "256", "256"], "jax"),
    ("update:dpo:64x64:64", ["dpo_jax_scan.py", "64", "64"], "jax"),
    ("on-policy:ppo", ["onpolicy_jax_scan.py", "ppo"], "jax"),
    ("on-policy:a2c", ["onpolicy_jax_scan.py", "a2c"], "jax"),
]


def measure(command):
    """The JSON of the command's last line."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output.splitlines()[-1])


def command(script, folder):
    """What runs a peer; a C program is compiled into `folder` first."""
    path = PEERS / script[0]
    if path.suffix == ".py":
        return [sys.executable, str(path), *script[1:]]
    program = pathlib.Path(folder) / path.stem
    compiler = shutil.which("clang") or "cc"
    subprocess.run([compiler, "-O3", "-march=native", "-o", str(program), str(path), "-lm"], check=True)
    return [str(program), *script[1:]]


def main():
    rlgym = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    missing = sorted({package for _, _, package in PAIRS if package and importlib.util.find_spec(package) is None})
    if missing:
        print(f"Peers left out, for want of: pip install {' '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, script, package in PAIRS:
            if package not in missing:
                compare(rlgym, name, script, folder, rounds)


def compare(rlgym, name, script, folder, rounds):
    ours, theirs = [], []
    try:
        peer = command(script, folder)
        for _ in range(rounds):
            ours.append(measure([rlgym, "benchmark", name, "--json"]))
            theirs.append(measure(peer))
    except subprocess.CalledProcessError as failure:
        print(f"{name}  failed: {' '.join(map(str, failure.cmd))}")
        return
    ratio = statistics.median(mine["value"] / peer["value"] for mine, peer in zip(ours, theirs))
    mine = statistics.median(one["value"] for one in ours)
    peer = statistics.median(one["value"] for one in theirs)
    digits = 3 if mine < 100 else 0
    print(f"{name}  {mine:.{digits}f} {ours[0]['unit']}  {theirs[0]['name']}  {peer:.{digits}f}  ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
