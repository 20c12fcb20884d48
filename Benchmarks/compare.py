"""Measures rlgym and its peers in turns, in one run on one core, and prints the ratios.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE taskset -c 1 python3 compare.py path/to/rlgym [rounds]

Peers whose packages cannot be imported are left out, and named. Machines differ and are noisy: a ratio of two figures
that were taken a moment apart says more than either.
"""
import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys

PEERS = pathlib.Path(__file__).parent / "peers"
# A benchmark of rlgym's, the peer's script with its arguments, and what it needs.
PAIRS = [
    ("tabular:q-learning:CliffWalking-v1", ["qlearning_numba.py"], "numba"),
    ("update:ddpg:64x64:64", ["ddpg_jax_scan.py", "64", "64"], "jax"),
    ("update:ddpg:256x256:256", ["ddpg_jax_scan.py", "256", "256"], "jax"),
]


def measure(command):
    """The JSON of the command's last line."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(output.splitlines()[-1])


def main():
    rlgym = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    missing = sorted({package for _, _, package in PAIRS if importlib.util.find_spec(package) is None})
    if missing:
        print(f"Peers left out, for want of: pip install {' '.join(missing)}")
    for name, script, package in PAIRS:
        if package in missing:
            continue
        ours, theirs = [], []
        try:
            for _ in range(rounds):
                ours.append(measure([rlgym, "benchmark", name, "--json"]))
                theirs.append(measure([sys.executable, str(PEERS / script[0]), *script[1:]]))
        except subprocess.CalledProcessError as failure:
            print(f"{name}  failed: {' '.join(failure.cmd)}")
            continue
        ratio = statistics.median(mine["value"] / peer["value"] for mine, peer in zip(ours, theirs))
        mine = statistics.median(one["value"] for one in ours)
        peer = statistics.median(one["value"] for one in theirs)
        print(f"{name}  {mine:.0f} {ours[0]['unit']}  {theirs[0]['name']}  {peer:.0f}  ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
