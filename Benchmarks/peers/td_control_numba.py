"""Q-learning or Sarsa on CliffWalking as numba compiles it: a table world, a table of values, one loop.

    python3 td_control_numba.py q-learning        # or sarsa; needs numba; prints one JSON line

alpha 0.5, epsilon 0.1, gamma 1, ties to the lowest action, numba's own generator.
"""
import json
import sys
import time

import numba
import numpy as np

ROWS, COLUMNS, START, GOAL = 4, 12, 36, 47
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]


def world():
    following = np.zeros((48, 4), np.int32)
    reward = np.full((48, 4), -1.0)
    final = np.zeros((48, 4), np.bool_)
    for state in range(48):
        for action, (down, right) in enumerate(MOVES):
            row = min(max(state // COLUMNS + down, 0), ROWS - 1)
            column = min(max(state % COLUMNS + right, 0), COLUMNS - 1)
            cell = row * COLUMNS + column
            if row == 3 and 1 <= column <= 10:
                cell, reward[state, action] = START, -100.0
            following[state, action] = cell
            final[state, action] = cell == GOAL
    return following, reward, final


@numba.njit
def choose(q, state):
    if np.random.random() < 0.1:
        return np.random.randint(0, 4)
    action = 0
    for a in range(1, 4):
        if q[state, a] > q[state, action]:
            action = a
    return action


@numba.njit
def q_learning(steps, following, reward, final, q):
    state = START
    for _ in range(steps):
        action = choose(q, state)
        target = reward[state, action]
        after = following[state, action]
        if not final[state, action]:
            best = q[after, 0]
            for a in range(1, 4):
                if q[after, a] > best:
                    best = q[after, a]
            target += best
        q[state, action] += 0.5 * (target - q[state, action])
        state = START if final[state, action] else after
    return state


@numba.njit
def sarsa(steps, following, reward, final, q):
    state = START
    action = choose(q, state)
    for _ in range(steps):
        target = reward[state, action]
        after = START if final[state, action] else following[state, action]
        chosen = choose(q, after)
        if not final[state, action]:
            target += q[after, chosen]
        q[state, action] += 0.5 * (target - q[state, action])
        state, action = after, chosen
    return state


def main():
    method = sys.argv[1]
    learn = {"q-learning": q_learning, "sarsa": sarsa}[method]
    tables = world()
    q = np.zeros((48, 4))
    learn(1_000_000, *tables, q)
    rates = []
    for _ in range(5):
        start = time.process_time()
        learn(50_000_000, *tables, q)
        rates.append(50_000_000 / (time.process_time() - start))
    print(json.dumps({"name": f"peer:numba:{method}:CliffWalking-v1", "value": float(np.median(rates)), "unit": "steps/s"}))


if __name__ == "__main__":
    main()
