"""DDPG on Pendulum as one compiled JAX loop: environment, replay and update inside a single lax.scan.

    env -u OPENBLAS_CORETYPE taskset -c 1 python3 ddpg_jax_scan.py 64 64      # hidden width, batch; needs jax

The strongest anchor that can be written in Python: no host code between steps, buffers donated, one core.
Prints one JSON line with updates per CPU second (one update per environment step), the median of five rounds.
"""
import json
import os
import sys
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp
import numpy as np

HIDDEN, BATCH = int(sys.argv[1]), int(sys.argv[2])
CAPACITY, GAMMA, TAU, RATE, NOISE = 100_000, 0.99, 0.005, 1e-3, 0.1


def layers(key, sizes):
    parameters = []
    for inner, outer in zip(sizes, sizes[1:]):
        key, first = jax.random.split(key)
        bound = inner**-0.5
        parameters.append((jax.random.uniform(first, (inner, outer), minval=-bound, maxval=bound), jnp.zeros(outer)))
    return parameters


def network(parameters, x):
    for w, b in parameters[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = parameters[-1]
    return x @ w + b


def actor(parameters, s):
    return jnp.tanh(network(parameters, s))


def critic(parameters, s, a):
    return network(parameters, jnp.concatenate([s, a], -1))[..., 0]


def adam(parameters, gradient, m, v, t):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    scale, rate = 1 / jnp.sqrt(1 - 0.999**t), RATE / (1 - 0.9**t)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), parameters, m, v)
    return parameters, m, v


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
    zeros = lambda p: jax.tree.map(jnp.zeros_like, p)
    copy = lambda p: jax.tree.map(lambda x: x + 0, p)
    state = (q, mu, copy(q), copy(mu), (zeros(q), zeros(q), zeros(mu), zeros(mu)), jnp.int32(0),
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
