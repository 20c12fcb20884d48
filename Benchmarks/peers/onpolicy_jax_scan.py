"""PPO or A2C on CartPole as one compiled JAX loop: environments, rollouts and updates inside a single lax.scan.

    env -u OPENBLAS_CORETYPE taskset -c 1 python3 onpolicy_jax_scan.py ppo        # or a2c; needs jax

rl-zoo's settings: eight environments; PPO 32 steps, batches of 256, 20 epochs, gamma 0.98, lambda 0.8; A2C 5 steps, one update.
Policy and value networks 64-64 with tanh, Adam, gradients clipped to 0.5. Prints one JSON line with environment steps per
CPU second, the median of five rounds.
"""
import json
import sys
import time

from jax_parts import adam, layers, network, zeros_like  # first: it sets the number of threads

import jax
import jax.numpy as jnp
import numpy as np

AGENT = sys.argv[1]
LANES, LIMIT, CLIP = 8, 500, 0.2
HORIZON, EPOCHS, GAMMA, LAMBDA, ROUNDS = (32, 20, 0.98, 0.8, 80) if AGENT == "ppo" else (5, 1, 0.99, 1.0, 5000)


def ask(parameters, x):
    return network(parameters, x, jnp.tanh)


def fresh(key):
    return jax.random.uniform(key, (LANES, 4), minval=-0.05, maxval=0.05)


def step(state, clock, action, key):
    """Barto, Sutton and Anderson's cart-pole: x, its speed, the angle, its speed."""
    x, v, angle, w = state.T
    force = jnp.where(action == 1, 10.0, -10.0)
    sine, cosine = jnp.sin(angle), jnp.cos(angle)
    temp = (force + 0.05 * w**2 * sine) / 1.1
    turn = (9.8 * sine - cosine * temp) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    push = temp - 0.05 * turn * cosine / 1.1
    after = jnp.stack([x + 0.02 * v, v + 0.02 * push, angle + 0.02 * w, w + 0.02 * turn], 1)
    fallen = (jnp.abs(after[:, 0]) > 2.4) | (jnp.abs(after[:, 2]) > 0.20943951)
    cut = (clock + 1 >= LIMIT) & ~fallen
    over = fallen | cut
    return jnp.where(over[:, None], fresh(key), after), jnp.where(over, 0, clock + 1), fallen, cut, after


def rollout(pi, critic, world, key):
    def one(carry, _):
        state, clock, key = carry
        key, k1, k2 = jax.random.split(key, 3)
        logits = jax.nn.log_softmax(ask(pi, state))
        action = jax.random.categorical(k1, logits)
        log = jnp.take_along_axis(logits, action[:, None], 1)[:, 0]
        value = ask(critic, state)[:, 0]
        after, clock, fallen, cut, final = step(state, clock, action, k2)
        # A cut episode bootstraps with the value of its last state; cuts are rare, so most rollouts need none.
        rest = jax.lax.cond(cut.any(), lambda: ask(critic, final)[:, 0], lambda: jnp.zeros(LANES))
        reward = 1.0 + GAMMA * jnp.where(cut, rest, 0.0)
        return (after, clock, key), (state, action, log, value, reward, fallen | cut)

    (state, clock, key), kept = jax.lax.scan(one, (*world, key), None, length=HORIZON)
    last = ask(critic, state)[:, 0]

    def back(carry, row):
        advantage, next_value = carry
        value, reward, over = row
        more = jnp.where(over, 0.0, 1.0)
        delta = reward + GAMMA * more * next_value - value
        advantage = delta + GAMMA * LAMBDA * more * advantage
        return (advantage, value), advantage

    values = kept[3]
    _, advantages = jax.lax.scan(back, (jnp.zeros(LANES), last), (values, kept[4], kept[5]), reverse=True)
    flat = lambda x: x.reshape(LANES * HORIZON, *x.shape[2:])
    return (state, clock), key, tuple(map(flat, (kept[0], kept[1], kept[2], advantages, advantages + values)))


def loss(parameters, batch):
    pi, critic = parameters
    s, a, old, advantage, target = batch
    logs = jnp.take_along_axis(jax.nn.log_softmax(ask(pi, s)), a[:, None], 1)[:, 0]
    gap = jnp.mean((ask(critic, s)[:, 0] - target) ** 2)
    if AGENT == "a2c":
        return -jnp.mean(logs * advantage) + 0.5 * gap
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    ratio = jnp.exp(logs - old)
    gain = jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantage)
    return -jnp.mean(gain) + 0.5 * gap


def iteration(carry, _):
    parameters, m, v, t, world, key = carry
    world, key, batch = rollout(*parameters, world, key)

    # A batch of 256 is the whole rollout, so its order does not matter.
    def epoch(carry, _):
        parameters, m, v, t = carry
        gradient = jax.grad(loss)(parameters, batch)
        length = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        scale = jnp.minimum(1.0, 0.5 / (length + 1e-6))
        gradient = jax.tree.map(lambda g: g * scale, gradient)
        return (*adam(parameters, gradient, m, v, t + 1), t + 1), None

    learned, _ = jax.lax.scan(epoch, (parameters, m, v, t), None, length=EPOCHS)
    return (*learned, world, key), None


def main():
    key, k1, k2, k3 = jax.random.split(jax.random.PRNGKey(0), 4)
    parameters = (layers(k1, [4, 64, 64, 2]), layers(k2, [4, 64, 64, 1]))
    state = (parameters, zeros_like(parameters), zeros_like(parameters), jnp.float32(0), (fresh(k3), jnp.zeros(LANES, jnp.int32)), key)
    run = jax.jit(lambda s: jax.lax.scan(iteration, s, None, length=ROUNDS)[0], donate_argnums=0)
    state = jax.block_until_ready(run(state))
    rates = []
    for _ in range(5):
        start = time.process_time()
        state = jax.block_until_ready(run(state))
        rates.append(ROUNDS * LANES * HORIZON / (time.process_time() - start))
    print(json.dumps({"name": f"peer:jax-scan:{AGENT}", "value": float(np.median(rates)), "unit": "steps/s"}))


if __name__ == "__main__":
    main()
