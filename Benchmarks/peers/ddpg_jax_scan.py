"""DDPG on Pendulum as one compiled JAX loop: environment, replay and update inside a single lax.scan.

    env -u OPENBLAS_CORETYPE taskset -c 1 python3 ddpg_jax_scan.py 64 64      # hidden width, batch; needs jax

The strongest anchor that can be written in Python: no host code between steps, buffers donated, one core.
Prints one JSON line with updates per CPU second (one update per environment step), the median of five rounds.
"""
import json
import sys
import time

from jax_parts import adam, layers, network, zeros_like  # first: it sets the number of threads

import jax
import jax.numpy as jnp
import numpy as np

HIDDEN, BATCH = int(sys.argv[1]), int(sys.argv[2])
CAPACITY, GAMMA, TAU, NOISE = 100_000, 0.99, 0.005, 0.1


def actor(parameters, s):
    return jnp.tanh(network(parameters, s, jax.nn.relu))


def critic(parameters, s, a):
    return network(parameters, jnp.concatenate([s, a], -1), jax.nn.relu)[..., 0]


def polyak(target, parameters):
    return jax.tree.map(lambda t, p: t + TAU * (p - t), target, parameters)


def observe(theta, speed):
    return jnp.stack([jnp.cos(theta), jnp.sin(theta), speed])


def step_environment(theta, speed, torque):
    angle = (theta + jnp.pi) % (2 * jnp.pi) - jnp.pi
    cost = angle**2 + 0.1 * speed**2 + 0.001 * torque**2
    speed = jnp.clip(speed + (15 * jnp.sin(theta) + 3 * torque) * 0.05, -8, 8)
    return theta + speed * 0.05, speed, -cost


def iteration(state, _):
    (q, mu, q_target, mu_target, moments, t, replay, world, key) = state
    key, k1, k2, k3 = jax.random.split(key, 4)
    theta, speed, clock = world
    s = observe(theta, speed)
    a = jnp.clip(actor(mu, s) + NOISE * jax.random.normal(k1, (1,)), -1, 1)
    theta, speed, reward = step_environment(theta, speed, 2 * a[0])
    row = jnp.concatenate([s, a, jnp.array([reward]), observe(theta, speed)])
    replay = jax.lax.dynamic_update_slice(replay, row[None], (t % CAPACITY, 0))
    start = jax.random.uniform(k3, (2,), minval=-1)
    over = clock + 1 >= 200
    world = (jnp.where(over, jnp.pi * start[0], theta), jnp.where(over, start[1], speed), jnp.where(over, 0, clock + 1))

    sample = replay[jax.random.randint(k2, (BATCH,), 0, jnp.minimum(t + 1, CAPACITY))]
    s, a, r, after = sample[:, :3], sample[:, 3:4], sample[:, 4], sample[:, 5:]
    y = r + GAMMA * critic(q_target, after, actor(mu_target, after))
    (mq, vq, mm, vm) = moments
    now = (t + 1).astype(jnp.float32)
    gradient = jax.grad(lambda p: jnp.mean((critic(p, s, a) - y) ** 2))(q)
    q, mq, vq = adam(q, gradient, mq, vq, now)
    gradient = jax.grad(lambda p: -jnp.mean(critic(q, s, actor(p, s))))(mu)
    mu, mm, vm = adam(mu, gradient, mm, vm, now)
    state = (q, mu, polyak(q_target, q), polyak(mu_target, mu), (mq, vq, mm, vm), t + 1, replay, world, key)
    return state, None


def main():
    key = jax.random.PRNGKey(0)
    q = layers(key, [4, HIDDEN, HIDDEN, 1])
    mu = layers(jax.random.PRNGKey(1), [3, HIDDEN, HIDDEN, 1])
    copy = lambda p: jax.tree.map(lambda x: x + 0, p)
    state = (q, mu, copy(q), copy(mu), (zeros_like(q), zeros_like(q), zeros_like(mu), zeros_like(mu)), jnp.int32(0),
             jnp.zeros((CAPACITY, 8)), (jnp.float32(1), jnp.float32(0), jnp.int32(0)), key)
    count = 20_000 if HIDDEN <= 64 else 400
    run = jax.jit(lambda s: jax.lax.scan(iteration, s, None, length=count)[0], donate_argnums=0)
    state = jax.block_until_ready(run(state))
    rates = []
    for _ in range(5):
        start = time.process_time()
        state = jax.block_until_ready(run(state))
        rates.append(count / (time.process_time() - start))
    name = f"peer:jax-scan:ddpg:{HIDDEN}x{HIDDEN}:{BATCH}"
    print(json.dumps({"name": name, "value": float(np.median(rates)), "unit": "updates/s"}))


if __name__ == "__main__":
    main()
