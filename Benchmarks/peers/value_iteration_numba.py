"""Value iteration on a slip grid as numba compiles it: a loop over rows and columns that knows the grid, and vectorises.

    python3 value_iteration_numba.py solve 1000x1000    # needs numba; prints one JSON line: seconds
    python3 value_iteration_numba.py sweep 1000x1000    # the same sweeps as state backups a second

Four moves, 0.1 to slip to each side, step -1, an end in the last corner, gamma 0.99, from 0 to a residual of 1e-6. Two
arrays take turns, each with a rim that repeats the outermost cells: a move off the grid stays. One thread.
"""
import json
import sys
import time

import numba
import numpy as np

GAMMA, SLIP, RESIDUAL = 0.99, 0.1, 1e-6


@numba.njit(fastmath=True)
def sweep_row(v, new, row, columns):
    straight, side = GAMMA * (1 - 2 * SLIP), GAMMA * SLIP
    change = 0.0
    for column in range(1, columns + 1):
        up, down = v[row - 1, column], v[row + 1, column]
        left, right = v[row, column - 1], v[row, column + 1]
        across, along = side * (left + right), side * (up + down)
        best = max(straight * max(up, down) + across, straight * max(left, right) + along) - 1.0
        change = max(change, abs(best - v[row, column]))
        new[row, column] = best
    return change


@numba.njit(fastmath=True)
def solve(v, new):
    rows, columns = v.shape[0] - 2, v.shape[1] - 2
    sweeps = 0
    change = np.inf
    while change > RESIDUAL:
        v[1:-1, 0], v[1:-1, -1] = v[1:-1, 1], v[1:-1, -2]
        v[0, :], v[-1, :] = v[1, :], v[-2, :]
        change = 0.0
        for row in range(1, rows + 1):
            # The end keeps the value 0.
            change = max(change, sweep_row(v, new, row, columns if row < rows else columns - 1))
        v, new = new, v
        sweeps += 1
    return sweeps


def main():
    what, size = sys.argv[1], sys.argv[2]
    rows, columns = map(int, size.split("x"))
    solve(np.zeros((6, 6)), np.zeros((6, 6)))
    seconds = []
    for _ in range(3):
        v, new = np.zeros((rows + 2, columns + 2)), np.zeros((rows + 2, columns + 2))
        start = time.process_time()
        sweeps = solve(v, new)
        seconds.append(time.process_time() - start)
    value, unit = float(np.median(seconds)), "s"
    if what == "sweep":
        value, unit = sweeps * rows * columns / value, "state backups/s"
    print(json.dumps({"name": f"peer:numba:{what}:{size}", "value": value, "unit": unit, "sweeps": int(sweeps)}))


if __name__ == "__main__":
    main()
