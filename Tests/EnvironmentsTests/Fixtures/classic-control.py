"""Writes the *-variants.json files: episodes of Gymnasium's classic control that reach their goal, and its options.

    pip install gymnasium==1.4.0 && python classic-control.py

The controllers push the way things already move, so that energy grows until the goal is reached.
"""
import json

import gymnasium
import numpy


def car(state):
    return 2 if state[1] >= 0 else 0


def engine(state):
    return [1.0 if state[1] >= 0 else -1.0]


def hard_engine(state):
    return [1.5 if state[1] >= 0 else -0.9]


def elbow(state):
    return 2 if state[3] >= 0 else 0


# id, setting, value, attributes, arguments, controller, seeds
RUNS = [
    ("MountainCar-v0", "goalVelocity", 0.0, {}, {}, car, (2, 3)),
    ("MountainCar-v0", "goalVelocity", 0.05, {}, {"goal_velocity": 0.05}, car, (2, 3)),
    ("MountainCarContinuous-v0", "goalVelocity", 0.0, {}, {}, engine, (2, 3)),
    ("MountainCarContinuous-v0", "goalVelocity", 0.05, {}, {"goal_velocity": 0.05}, hard_engine, (2, 3)),
    ("Acrobot-v1", "torqueNoise", 0.0, {}, {}, elbow, (2, 3)),
    ("Acrobot-v1", "torqueNoise", 0.5, {"torque_noise_max": 0.5}, {}, elbow, (2, 3)),
    ("Acrobot-v1", "dynamics", "nips", {"book_or_nips": "nips"}, {}, elbow, (2, 3)),
]


def numbers(values):
    return [float(v) for v in values]


def episode(env, seed, controller):
    observation, _ = env.reset(seed=seed)
    record = {"seed": seed, "mode": controller.__name__, "initialState": numbers(env.unwrapped.state),
              "initialObservation": numbers(observation), "steps": []}
    ended = False
    while not ended:
        action = controller(env.unwrapped.state)
        played = action if isinstance(action, int) else numpy.array(action, dtype=numpy.float32)
        observation, reward, terminated, truncated, _ = env.step(played)
        ended = terminated or truncated
        record["steps"].append({
            "action": action if isinstance(action, int) else numbers(played), "state": numbers(env.unwrapped.state),
            "observation": numbers(observation), "reward": float(reward), "terminated": bool(terminated),
            "truncated": bool(truncated)})
    return record


def run(id, setting, value, attributes, arguments, controller, seeds):
    env = gymnasium.make(id, disable_env_checker=True, **arguments)
    for name, attribute in attributes.items():
        setattr(env.unwrapped, name, attribute)
    return {"setting": setting, "number" if isinstance(value, float) else "text": value,
            "timeLimit": env.spec.max_episode_steps, "episodes": [episode(env, seed, controller) for seed in seeds]}


for id in dict.fromkeys(run[0] for run in RUNS):
    with open(id + "-variants.json", "w") as file:
        json.dump({"gymnasium": gymnasium.__version__, "runs": [run(*r) for r in RUNS if r[0] == id]}, file,
                  separators=(",", ":"))
