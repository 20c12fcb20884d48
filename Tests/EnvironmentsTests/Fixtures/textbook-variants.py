"""Writes textbook-variants.json: optima of exercises whose numbers the books do not print.

    pip install numpy && python textbook-variants.py > textbook-variants.json

Written from the books' words alone, by other means than the worlds under test: the car rental enumerates requests and
returns and is solved by policy iteration with linear solves, the wind is solved by value iteration over positions.
"""
import json
import math
import sys

import numpy as np


def windy(noise):
    """Sutton and Barto, exercise 6.10: the king's moves; wind varies by one, a third of the time each way."""
    rows, columns, goal = 7, 10, (3, 7)
    wind = [0, 0, 0, 1, 1, 1, 2, 2, 1, 0]
    moves = [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]
    v = np.zeros((rows, columns))
    while True:
        new = np.zeros_like(v)
        for r in range(rows):
            for c in range(columns):
                if (r, c) == goal:
                    continue
                best = -math.inf
                for down, right in moves:
                    pushes = [wind[c] + n for n in noise] if wind[c] else [0]
                    q = 0.0
                    for push in pushes:
                        to = (min(max(r + down - push, 0), rows - 1), min(max(c + right, 0), columns - 1))
                        q += (-1 + (0 if to == goal else v[to])) / len(pushes)
                    best = max(best, q)
                new[r, c] = best
        if np.abs(new - v).max() < 1e-13:
            return new.ravel().tolist()
        v = new


def poisson(mean, terms=80):
    return [math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(terms)]


def day(requests, returns):
    """P[morning, evening] and the mean income of a morning at one location."""
    p, income = np.zeros((21, 21)), np.zeros(21)
    for morning in range(21):
        for k, pk in enumerate(poisson(requests)):
            rented = min(k, morning)
            income[morning] += 10 * rented * pk
            for j, pj in enumerate(poisson(returns)):
                p[morning, min(morning - rented + j, 20)] += pk * pj
    return p, income


def car_rental(free_car, parking_fee, gamma=0.9):
    """Sutton and Barto, exercise 4.7: the first car from 1 to 2 is free, more than ten parked cars cost a fee."""
    (p1, e1), (p2, e2) = day(3, 3), day(4, 2)
    states = [(i, j) for i in range(21) for j in range(21)]

    def pair(i, j, a):
        m1, m2 = min(i - a, 20), min(j + a, 20)
        paid = a - 1 if free_car and a > 0 else abs(a)
        fee = parking_fee * ((m1 > 10) + (m2 > 10))
        return e1[m1] + e2[m2] - 2 * paid - fee, np.outer(p1[m1], p2[m2]).ravel()

    legal = {s: [a for a in range(-5, 6) if a <= s[0] and -a <= s[1]] for s in states}
    policy = {s: 0 for s in states}
    while True:
        parts = [pair(*s, policy[s]) for s in states]
        v = np.linalg.solve(np.eye(441) - gamma * np.array([t for _, t in parts]), np.array([r for r, _ in parts]))
        stable = True
        for s in states:
            q = {a: (lambda r, t: r + gamma * (t @ v))(*pair(*s, a)) for a in legal[s]}
            if max(q.values()) > q[policy[s]] + 1e-9:
                policy[s], stable = max(q, key=q.get), False
        if stable:
            return v.tolist(), [policy[s] for s in states]


values, policy = car_rental(True, 4)
plain, _ = car_rental(False, 0)
assert abs(plain[0] - 421.4140633965118) < 1e-6 and abs(windy([0])[30] + 7) < 1e-9
json.dump({"windyStochastic": windy([-1, 0, 1]), "carRental": values, "carsMoved": policy}, sys.stdout)
