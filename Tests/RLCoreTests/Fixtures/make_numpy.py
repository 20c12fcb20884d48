"""Writes numpy.json beside this file: golden values of NumPy's PCG64, SeedSequence and Generator.

Doubles are written as their 64 bits, so that the comparison is exact. Run: python make_numpy.py (NumPy 2).
"""

import functools
import json
import pathlib

import numpy as np

SEEDS = [0, 1, 7, 42, 2**32 - 1, 2**32, 2**63 + 12345, 2**64 - 1]
KEYS = [[], [0], [1], [5], [0, 0], [3, 1, 4, 1, 5], [2**32 - 1]]
BOUNDS = [
    1, 2, 3, 4, 7, 10, 1000, 2**16, 10**6, 2**31 - 1, 2**31, 2**31 + 1, 3 * 2**30,
    2**32 - 2, 2**32 - 1, 2**32, 2**32 + 1, 2**33 + 12345, 3 * 2**61, 2**62 + 1, 2**63 - 1,
]  # fmt: skip
PROBABILITIES = [[1.0], [0.5, 0.5], [0.1] * 10, [0.0, 0.3, 0.0, 0.7], [1 / 3, 1 / 3, 1 / 3]]


def bits(values):
    return np.atleast_1d(np.asarray(values, dtype=np.float64)).view(np.uint64).tolist()


def stream(seed):
    return np.random.Generator(np.random.PCG64(seed))


def interleaved(seed):
    """32-bit and 64-bit draws in turn: the spare half of a word outlives the 64-bit draws between."""
    rng = stream(seed)
    rows = []
    for i in range(12):
        rows.append([int(rng.integers(10)), bits(rng.random())[0], int(rng.integers(2**40)), int(rng.integers(2**32))])
        if i % 3 == 0:
            rows[-1].append(bits(rng.standard_normal())[0])
    return rows


def categorical(seed, probabilities):
    """gymnasium.envs.toy_text.utils.categorical_sample."""
    rng = stream(seed)
    return [int(np.argmax(np.cumsum(probabilities) > rng.random())) for _ in range(40)]


def normal_checksum(seed):
    return int(functools.reduce(np.bitwise_xor, stream(seed).standard_normal(10**6).view(np.uint64)))


def advanced(seed, count):
    generator = np.random.PCG64(seed)
    generator.advance(count)
    return int(generator.random_raw())


golden = {
    "words": [{"seed": s, "values": np.random.PCG64(s).random_raw(16).tolist()} for s in SEEDS],
    "random": [{"seed": s, "values": bits(stream(s).random(16))} for s in SEEDS],
    "uniform": [
        {"seed": s, "low": low, "high": high, "values": bits(stream(s).uniform(low, high, 16))}
        for s in SEEDS[:4]
        for low, high in [(-0.05, 0.05), (-np.pi, np.pi), (0.0, 1e9)]
    ],
    "integers": [
        {"seed": s, "bound": b, "values": [int(rng.integers(b)) for _ in range(24)]}
        for s in SEEDS[:3]
        for b in BOUNDS
        for rng in [stream(s)]
    ],
    "interleaved": [{"seed": s, "values": interleaved(s)} for s in SEEDS],
    "normal": [{"seed": s, "values": bits(stream(s).standard_normal(100))} for s in SEEDS[:4]],
    "normalChecksum": [{"seed": s, "values": [normal_checksum(s)]} for s in [0, 12345]],
    "seedSequence": [
        {
            "seed": s,
            "key": key,
            "values": np.random.SeedSequence(s, spawn_key=tuple(key)).generate_state(8, dtype=np.uint64).tolist(),
        }
        for s in SEEDS
        for key in KEYS
    ],
    "spawned": [
        {"seed": s, "values": [int(c.generate_state(1, np.uint64)[0]) for c in np.random.SeedSequence(s).spawn(4)[2].spawn(3)]}
        for s in SEEDS
    ],
    "advance": [
        {"seed": s, "count": n, "values": [advanced(s, n)]}
        for s in SEEDS[:4]
        for n in [0, 1, 2, 3, 1000, 2**32, 2**63 + 7, 2**64 - 1]
    ],
    "categorical": [
        {"seed": s, "probabilities": p, "values": categorical(s, p)} for s in SEEDS[:3] for p in PROBABILITIES
    ],
}  # fmt: skip

text = "{\n" + ",\n".join(f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in golden.items()) + "\n}\n"
pathlib.Path(__file__).with_name("numpy.json").write_text(text)
