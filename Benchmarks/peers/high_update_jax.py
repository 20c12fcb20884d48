"""SAC, REDQ, DroQ and CrossQ with many updates a step on Pendulum-v1, alike in all but what tells them apart.

    env -u OPENBLAS_CORETYPE taskset -c 1 python3 high_update_jax.py redq 4 pendulum-near-optimal.json   # needs jax

Arguments: method, updates a step, the file of near-optimal returns, and as wanted the updates from one of the actor to the
next (SAC: 1, REDQ and DroQ: a step's, CrossQ: 3), the batch (64), the number of seeds (6). Prints one JSON line: the
mean gap to near-optimal play on the selection starts (seeds 20000…20199) after each 500 steps, for each training seed, and
CPU seconds.

Sources: Haarnoja et al. (2018), arXiv:1812.05905; Chen et al. (2021), arXiv:2101.05982; Hiraoka et al. (2022),
arXiv:2110.02034; Bhatt et al. (2024), arXiv:1902.05605.
"""
import json
import os
import sys
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp
import numpy as np

METHOD, UPDATES, NEAR_OPTIMAL = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ACTOR_EVERY = {"sac": 1, "redq": UPDATES, "droq": UPDATES, "crossq": 3}[METHOD]
ACTOR_EVERY, BATCH, SEEDS = [int(x) for x in sys.argv[4:]] + [ACTOR_EVERY, 64, 6][len(sys.argv) - 4:]
HIDDEN, GAMMA, TAU, RATE, REWARD_SCALE, STEPS, WARMUP, LIMIT = 64, 0.99, 0.02, 1e-3, 0.1, 3000, 500, 200
# REDQ's ensemble and subset, DroQ's dropout, CrossQ's moments: the papers' but for a smaller ensemble.
CRITICS = {"sac": 2, "redq": 5, "droq": 2, "crossq": 2}[METHOD]
SUBSET, DROPOUT, NORM_MOMENTUM = 2, 0.01, 0.99
CRITIC_HIDDEN = 256 if METHOD == "crossq" else HIDDEN
BETA1 = 0.5 if METHOD == "crossq" else 0.9


def layers(key, sizes):
    made = []
    for i, (inner, outer) in enumerate(zip(sizes, sizes[1:])):
        key, first = jax.random.split(key)
        bound = 3e-3 if i == len(sizes) - 2 else inner**-0.5
        layer = {"w": jax.random.uniform(first, (inner, outer), minval=-bound, maxval=bound), "b": jnp.zeros(outer)}
        if i < len(sizes) - 2:
            layer |= {"scale": jnp.ones(outer), "shift": jnp.zeros(outer)}
        made.append(layer)
    return made


def actor(parameters, s):
    x = s
    for layer in parameters[:-1]:
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
    x = x @ parameters[-1]["w"] + parameters[-1]["b"]
    return x[..., :1], jnp.clip(x[..., 1:], -20, 2)


def draw(parameters, s, key):
    mean, log_deviation = actor(parameters, s)
    noise = jax.random.normal(key, mean.shape)
    u = mean + jnp.exp(log_deviation) * noise
    log_p = -0.5 * noise**2 - log_deviation - 0.5 * jnp.log(2 * jnp.pi)
    log_p -= 2 * (jnp.log(2.0) - u - jax.nn.softplus(-2 * u))
    return jnp.tanh(u), log_p[..., 0]


def normalised(x, layer, axis, running=None):
    mean, variance = (x.mean(axis, keepdims=True), x.var(axis, keepdims=True)) if running is None else running
    return (x - mean) / jnp.sqrt(variance + 1e-5) * layer["scale"] + layer["shift"], (mean, variance)


def critic(parameters, s, a, key, running=None):
    """The values, and the moments that CrossQ's layers met."""
    x, moments = jnp.concatenate([s, a], -1), []
    for i, layer in enumerate(parameters[:-1]):
        x = x @ layer["w"] + layer["b"]
        if METHOD == "droq":
            keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - DROPOUT, x.shape)
            x, _ = normalised(jnp.where(keep, x / (1 - DROPOUT), 0), layer, -1)
        x = jax.nn.relu(x)
        if METHOD == "crossq":
            x, met = normalised(x, layer, 0, None if running is None else running[i])
            moments.append(met)
    return (x @ parameters[-1]["w"] + parameters[-1]["b"])[..., 0], moments


def ensemble(parameters, s, a, key, running=None):
    keys = jax.random.split(key, CRITICS)
    if running is None:
        return jax.vmap(critic, (0, None, None, 0))(parameters, s, a, keys)
    return jax.vmap(critic, (0, None, None, 0, 0))(parameters, s, a, keys, running)


def adam(parameters, gradient, moments, beta1=0.9):
    m, v, t = moments
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    t = t + 1
    rate, scale = RATE / (1 - beta1**t), 1 / jnp.sqrt(1 - 0.999**t)
    return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), parameters, m, v), (m, v, t)


def fresh(parameters):
    return jax.tree.map(jnp.zeros_like, parameters), jax.tree.map(jnp.zeros_like, parameters), jnp.float32(0)


def observe(theta, speed):
    return jnp.stack([jnp.cos(theta), jnp.sin(theta), speed], -1)


def advance(theta, speed, torque):
    angle = (theta + jnp.pi) % (2 * jnp.pi) - jnp.pi
    cost = angle**2 + 0.1 * speed**2 + 0.001 * torque**2
    speed = jnp.clip(speed + (15 * jnp.sin(theta) + 3 * torque) * 0.05, -8, 8)
    return theta + speed * 0.05, speed, -cost


def fit(agent, batch, key):
    """One step of the critics."""
    q, target, mu, log_alpha, moments, running = agent
    s, a, r, after = batch
    k1, k2, k3, k4 = jax.random.split(key, 4)
    next_a, log_p = draw(mu, after, k1)
    alpha = jnp.exp(log_alpha)
    if METHOD == "crossq":
        def loss(p):
            values, met = ensemble(p, jnp.concatenate([s, after]), jnp.concatenate([a, next_a]), k2)
            now, then = values[:, :BATCH], values[:, BATCH:]
            y = r + GAMMA * (jax.lax.stop_gradient(then).min(0) - alpha * log_p)
            return ((now - y) ** 2).mean(1).sum(), met
        gradient, met = jax.grad(loss, has_aux=True)(q)
        running = jax.tree.map(lambda old, new: NORM_MOMENTUM * old + (1 - NORM_MOMENTUM) * new, running, met)
    else:
        values, _ = ensemble(target, after, next_a, k2)
        chosen = jax.random.choice(k4, CRITICS, (SUBSET,), replace=False) if METHOD == "redq" else jnp.arange(CRITICS)
        y = r + GAMMA * (values[chosen].min(0) - alpha * log_p)
        gradient = jax.grad(lambda p: ((ensemble(p, s, a, k3)[0] - y) ** 2).mean(1).sum())(q)
    q, critic_moments = adam(q, gradient, moments[0], BETA1)
    target = jax.tree.map(lambda t, p: t + TAU * (p - t), target, q)
    return q, target, mu, log_alpha, (critic_moments,) + moments[1:], running


def improve(agent, s, key):
    """One step of actor and temperature."""
    q, target, mu, log_alpha, moments, running = agent
    k1, k2 = jax.random.split(key)

    def loss(p):
        a, log_p = draw(p, s, k1)
        values, _ = ensemble(q, s, a, k2, running if METHOD == "crossq" else None)
        value = values.min(0) if METHOD in ("sac", "crossq") else values.mean(0)
        return (jnp.exp(log_alpha) * log_p - value).mean(), log_p
    gradient, log_p = jax.grad(loss, has_aux=True)(mu)
    mu, actor_moments = adam(mu, gradient, moments[1], BETA1)
    log_alpha, alpha_moments = adam(log_alpha, -(log_p.mean() - 1.0), moments[2], BETA1)
    return q, target, mu, log_alpha, (moments[0], actor_moments, alpha_moments), running


def learn(agent, replay, count, key):
    def update(i, carry):
        agent, key = carry
        key, k1, k2, k3 = jax.random.split(key, 4)
        rows = replay[jax.random.randint(k1, (BATCH,), 0, count)]
        batch = rows[:, :3], rows[:, 3:4], rows[:, 4], rows[:, 5:]
        agent = fit(agent, batch, k2)
        now = (count * UPDATES + i + 1) % ACTOR_EVERY == 0
        return jax.lax.cond(now, lambda x: improve(x, batch[0], k3), lambda x: x, agent), key
    return jax.lax.fori_loop(0, UPDATES, update, (agent, key))[0]


def step(carry, t):
    agent, replay, world, key = carry
    key, k1, k2, k3, k4 = jax.random.split(key, 5)
    theta, speed = world
    s = observe(theta, speed)
    a = jnp.where(t < WARMUP, jax.random.uniform(k1, (1,), minval=-1), draw(agent[2], s, k2)[0])
    theta, speed, reward = advance(theta, speed, 2 * a[0])
    row = jnp.concatenate([s, a, jnp.array([REWARD_SCALE * reward]), observe(theta, speed)])
    replay = jax.lax.dynamic_update_slice(replay, row[None], (t, 0))
    start = jax.random.uniform(k3, (2,), minval=-1)
    over = (t + 1) % LIMIT == 0
    world = jnp.where(over, jnp.pi * start[0], theta), jnp.where(over, start[1], speed)
    agent = jax.lax.cond(t >= WARMUP, lambda x: learn(x, replay, t + 1, k4), lambda x: x, agent)
    return (agent, replay, world, key), None


def evaluate(mu, theta, speed):
    def move(state, _):
        theta, speed, total = state
        torque = 2 * jnp.tanh(actor(mu, observe(theta, speed))[0][..., 0])
        theta, speed, reward = advance(theta, speed, torque)
        return (theta, speed, total + reward), None
    return jax.lax.scan(move, (theta, speed, jnp.zeros_like(theta)), None, length=LIMIT)[0][2]


def begin(seed):
    key = jax.random.PRNGKey(seed)
    k1, k2, k3, key = jax.random.split(key, 4)
    q = jax.vmap(lambda k: layers(k, [4, CRITIC_HIDDEN, CRITIC_HIDDEN, 1]))(jax.random.split(k1, CRITICS))
    mu = layers(k2, [3, HIDDEN, HIDDEN, 2])
    running = [(jnp.zeros((CRITICS, 1, CRITIC_HIDDEN)), jnp.ones((CRITICS, 1, CRITIC_HIDDEN)))] * 2
    log_alpha = jnp.float32(0)
    agent = q, q, mu, log_alpha, (fresh(q), fresh(mu), fresh(log_alpha)), running if METHOD == "crossq" else []
    start = jax.random.uniform(k3, (2,), minval=-1)
    return agent, jnp.zeros((STEPS, 8)), (jnp.pi * start[0], start[1]), key


def main():
    selection = json.load(open(NEAR_OPTIMAL))["selection"]
    first, last = selection["seeds"]
    high = np.array([np.pi, 1.0])
    starts = np.array([np.random.default_rng(seed).uniform(-high, high) for seed in range(first, last + 1)])
    block = jax.jit(jax.vmap(lambda carry, t: jax.lax.scan(step, carry, t + jnp.arange(500))[0], (0, None)))
    judge = jax.jit(jax.vmap(lambda mu: evaluate(mu, jnp.float32(starts[:, 0]), jnp.float32(starts[:, 1]))))
    carry = jax.vmap(begin)(jnp.arange(SEEDS) + 200)
    gaps = []
    begun = time.process_time()
    for t in range(0, STEPS, 500):
        carry = jax.block_until_ready(block(carry, t))
        gaps.append((np.array(selection["returns"]) - np.array(judge(carry[0][2]))).mean(1).round(2).tolist())
    print(json.dumps({"method": METHOD, "updates": UPDATES, "actorEvery": ACTOR_EVERY, "batch": BATCH, "gaps": gaps,
                      "seconds": round(time.process_time() - begun, 1)}))


if __name__ == "__main__":
    main()
