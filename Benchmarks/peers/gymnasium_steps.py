"""Steps per CPU second of one Gymnasium environment under random actions, restarts included.

    taskset -c 1 python3 gymnasium_steps.py CartPole-v1     # needs gymnasium

Prints one JSON line, the median of five rounds.
"""
import json
import statistics
import sys
import time

import gymnasium

name = sys.argv[1]
world = gymnasium.make(name)
world.reset(seed=0)
world.action_space.seed(0)
rates = []
for _ in range(5):
    start, steps = time.thread_time(), 20_000
    for _ in range(steps):
        _, _, terminated, truncated, _ = world.step(world.action_space.sample())
        if terminated or truncated:
            world.reset()
    rates.append(steps / (time.thread_time() - start))
print(json.dumps({"name": f"peer:gymnasium:step:{name}:1", "value": statistics.median(rates), "unit": "steps/s"}))
