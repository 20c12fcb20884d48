"""Writes taxi-blackjack.json: seeded walks of Gymnasium's taxi and blackjack, and the rainy taxi's table.

    pip install gymnasium==1.4.0 && python taxi-blackjack.py > taxi-blackjack.json

Each walk is seeded once; it is reset without a seed where an episode ends and, if asked for, after so many steps. The
taxi's driver knows the way with a chance of 0.7, so that passengers do arrive; other actions are drawn apart from the
environment.
"""
import json
import sys

import gymnasium
import numpy

TAXIS = [{}, {"is_rainy": True}, {"fickle_passenger": True},
         {"is_rainy": True, "fickle_passenger": True, "rainy_probability": 0.7, "fickle_probability": 0.9}]
TABLES = [{"sab": True}, {"sab": False}, {"sab": False, "natural": True}]


def flat(observation):
    if not isinstance(observation, tuple):
        return int(observation)
    total, dealer, ace = observation
    return (total * 11 + dealer) * 2 + ace


def driver():
    """Greedy actions of the plain taxi, by value iteration."""
    P = gymnasium.make("Taxi-v4").unwrapped.P
    v = numpy.zeros(500)
    for _ in range(200):
        q = numpy.array([[P[s][a][0][2] + (0 if P[s][a][0][3] else 0.99 * v[P[s][a][0][1]]) for a in range(6)]
                         for s in range(500)])
        v = q.max(1)
    return q.argmax(1)


def walk(id, kwargs, steps, seed, period, choose):
    env = gymnasium.make(id, disable_env_checker=True, **kwargs).unwrapped
    draws = numpy.random.default_rng(seed)
    observation = flat(env.reset(seed=seed)[0])
    starts, moves = [observation], []
    for t in range(1, steps + 1):
        action = int(choose(observation, draws))
        next, reward, terminated, _, _ = env.step(action)
        observation = flat(next)
        moves.append([action, observation, float(reward), bool(terminated)])
        if terminated or t % period == 0:
            observation = flat(env.reset()[0])
            starts.append(observation)
    return {"id": id, "kwargs": kwargs, "seed": seed, "period": period, "starts": starts, "moves": moves}


greedy = driver()
rainy = gymnasium.make("Taxi-v4", is_rainy=True, rainy_probability=0.7).unwrapped
json.dump({
    "gymnasium": gymnasium.__version__,
    "taxi": [walk("Taxi-v4", k, 600, 7, 60, lambda s, d: greedy[s] if d.random() < 0.7 else d.integers(6))
             for k in TAXIS],
    "blackjack": [walk("Blackjack-v1", k, 1500, 7, 10**9, lambda s, d: d.integers(2) if s // 22 < 20 else 0)
                  for k in TABLES],
    "rainy": [[[[float(p), int(s), float(r), bool(t)] for p, s, r, t in rainy.P[s0][a]] for a in range(6)]
              for s0 in range(500)],
}, sys.stdout, separators=(",", ":"))
