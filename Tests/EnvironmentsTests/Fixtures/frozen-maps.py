"""Writes frozen-maps.json: random maps as Gymnasium draws them, and tables of a lake with every option.

    pip install gymnasium==1.4.0 && python frozen-maps.py > frozen-maps.json
"""
import json
import sys

import gymnasium
from gymnasium.envs.toy_text.frozen_lake import generate_random_map

MAPS = [(8, 0.8, 0), (8, 0.8, 1), (4, 0.5, 2), (4, 0.3, 3), (12, 0.65, 4), (2, 0.1, 5), (5, 1.0, 6)]


def table(**kwargs):
    env = gymnasium.make("FrozenLake-v1", **kwargs).unwrapped
    return [[[[float(p), int(s), float(r), bool(t)] for p, s, r, t in env.P[s0][a]] for a in range(4)]
            for s0 in range(env.observation_space.n)]


json.dump({
    "gymnasium": gymnasium.__version__,
    "maps": [{"size": n, "frozenProbability": p, "seed": seed, "rows": generate_random_map(n, p, seed)}
             for n, p, seed in MAPS],
    "P": table(desc=["SFH", "HFG"], success_rate=0.7, reward_schedule=(5, -2, -0.5)),
}, sys.stdout, separators=(",", ":"))
