"""Direct preference optimisation as one compiled JAX loop: an epoch over 2,000 pairs of 50 steps inside a single lax.scan.

    env -u OPENBLAS_CORETYPE taskset -c 1 python3 dpo_jax_scan.py 64 64       # hidden width, pairs in an update; needs jax

Four observations and two actions as in CartPole, tanh, Adam; the clips lie in device arrays, and what the reference says of
them is known beforehand. Prints one JSON line with updates per CPU second, the median of nine epochs.
"""
import json
import sys
import time

from jax_parts import adam, layers, network, zeros_like  # first: it sets the number of threads

import jax
import jax.numpy as jnp
import numpy as np

HIDDEN, BATCH = int(sys.argv[1]), int(sys.argv[2])
PAIRS, STEPS, BETA = 2000, 50, 0.1


def clip_logs(parameters, observations, actions):
    """Sums of log-probabilities: [pairs, 2, steps, 4] and [pairs, 2, steps] to [pairs, 2]."""
    logs = jax.nn.log_softmax(network(parameters, observations, jnp.tanh))
    return jnp.take_along_axis(logs, actions[..., None], -1)[..., 0].sum(-1)


def epoch(state, data):
    observations, actions, reference, label, order = data

    def update(state, places):
        parameters, m, v, t = state

        def loss(p):
            said = clip_logs(p, observations[places], actions[places]) - reference[places]
            lead = BETA * (said[:, 0] - said[:, 1]) * label[places]
            return -jnp.mean(jax.nn.log_sigmoid(lead))

        gradient = jax.grad(loss)(parameters)
        parameters, m, v = adam(parameters, gradient, m, v, t + 1)
        return (parameters, m, v, t + 1), None

    return jax.lax.scan(update, state, order)[0]


def main():
    random = np.random.default_rng(0)
    parameters = layers(jax.random.PRNGKey(0), [4, HIDDEN, HIDDEN, 2])
    observations = jnp.asarray(random.normal(size=(PAIRS, 2, STEPS, 4)), jnp.float32)
    actions = jnp.asarray(random.integers(0, 2, (PAIRS, 2, STEPS)), jnp.int32)
    label = jnp.asarray(random.choice([-1.0, 1.0], PAIRS), jnp.float32)
    reference = clip_logs(parameters, observations, actions)
    state = (parameters, zeros_like(parameters), zeros_like(parameters), jnp.float32(0))
    run = jax.jit(epoch, donate_argnums=0)
    count = PAIRS // BATCH
    rates = []
    for i in range(10):
        order = jnp.asarray(random.permutation(PAIRS)[: count * BATCH].reshape(count, BATCH))
        start = time.process_time()
        state = jax.block_until_ready(run(state, (observations, actions, reference, label, order)))
        # The first one compiles.
        if i > 0:
            rates.append(count / (time.process_time() - start))
    name = f"peer:jax-scan:dpo:{HIDDEN}x{HIDDEN}:{BATCH}"
    print(json.dumps({"name": name, "value": float(np.median(rates)), "unit": "updates/s"}))


if __name__ == "__main__":
    main()
