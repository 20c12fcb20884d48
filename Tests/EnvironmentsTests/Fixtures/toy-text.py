"""Writes toy-text.json: seeded walks and whole tables of Gymnasium's toy-text environments.

    pip install gymnasium==1.4.0 && python toy-text.py > toy-text.json

Each walk is seeded once; it is reset without a seed where an episode ends and after every 20th step, so that the
random stream goes on. Actions are drawn apart from the environment.
"""
import json
import sys

import gymnasium
import numpy

WALKS = [
    ("FrozenLake-v1", {}, 60),
    ("FrozenLake8x8-v1", {}, 60),
    ("FrozenLake-v1", {"desc": ["SFHF", "FFFS", "SFFG"]}, 60),
    ("FrozenLake-v1", {"is_slippery": False}, 60),
    ("CliffWalking-v1", {}, 60),
    ("CliffWalkingSlippery-v1", {}, 60),
]


def walk(id, kwargs, steps, seed=7):
    env = gymnasium.make(id, **kwargs).unwrapped
    actions = numpy.random.default_rng(seed).integers(0, 4, steps)
    starts, moves = [int(env.reset(seed=seed)[0])], []
    for t, action in enumerate(actions, start=1):
        state, reward, terminated, _, _ = env.step(int(action))
        moves.append([int(action), int(state), float(reward), bool(terminated)])
        if terminated or t % 20 == 0:
            starts.append(int(env.reset()[0]))
    table = [[[[float(p), int(s), float(r), bool(t)] for p, s, r, t in env.P[s0][a]] for a in range(4)]
             for s0 in range(env.observation_space.n)]
    return {"id": id, "kwargs": kwargs, "seed": seed, "starts": starts, "moves": moves,
            "initial": [float(p) for p in env.initial_state_distrib], "P": table}


json.dump({"gymnasium": gymnasium.__version__, "walks": [walk(*w) for w in WALKS]}, sys.stdout, separators=(",", ":"))
