"""What the JAX peers share: one thread, layers, a network, Adam."""
import os

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp

RATE = 1e-3


def layers(key, sizes):
    parameters = []
    for inner, outer in zip(sizes, sizes[1:]):
        key, first = jax.random.split(key)
        bound = inner**-0.5
        parameters.append((jax.random.uniform(first, (inner, outer), minval=-bound, maxval=bound), jnp.zeros(outer)))
    return parameters


def network(parameters, x, activation):
    for w, b in parameters[:-1]:
        x = activation(x @ w + b)
    w, b = parameters[-1]
    return x @ w + b


def zeros_like(parameters):
    return jax.tree.map(jnp.zeros_like, parameters)


def adam(parameters, gradient, m, v, t):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    scale, rate = 1 / jnp.sqrt(1 - 0.999**t), RATE / (1 - 0.9**t)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), parameters, m, v)
    return parameters, m, v
