#ifndef RLGYM_COPENBLAS_SHIM_H
#define RLGYM_COPENBLAS_SHIM_H

#include <cblas.h>
#include <stddef.h>

/// LAPACK's solution of A·X = B by elimination with row exchanges, which OpenBLAS has without a header. Column-major.
void dgesv_(
    const blasint *n, const blasint *columns, double *a, const blasint *a_stride, blasint *exchanges, double *b,
    const blasint *b_stride, blasint *info);

/// LAPACK's eigenvalues of a square matrix, column-major; the two lengths are those of the two letters.
void dgeev_(
    const char *left, const char *right, const blasint *n, double *a, const blasint *a_stride, double *real,
    double *imaginary, double *left_vectors, const blasint *left_stride, double *right_vectors,
    const blasint *right_stride, double *work, const blasint *work_count, blasint *info, size_t, size_t);

/// LAPACK's shortest solution of least ‖A·x − b‖ by a complete orthogonal factorisation, column-major.
void dgelsy_(
    const blasint *rows, const blasint *n, const blasint *columns, double *a, const blasint *a_stride, double *b,
    const blasint *b_stride, blasint *exchanges, const double *tolerance, blasint *rank, double *work,
    const blasint *work_count, blasint *info);

#define RL_INLINE static inline __attribute__((always_inline))

/// A square root that the vectoriser accepts: Swift's `squareRoot()` is a guarded call, which ends vectorisation.
RL_INLINE float rl_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }

typedef float rl_block __attribute__((ext_vector_type(16)));

/// a·b + c, one instruction where the processor has it: Swift never contracts a product and a sum.
RL_INLINE rl_block rl_multiply_add(rl_block a, rl_block b, rl_block c) { return a * b + c; }

typedef double rl_states __attribute__((ext_vector_type(16)));

RL_INLINE rl_states rl_load_states(const double *p) {
  rl_states x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

/// next[s] ← max_a (rewards[a] + Σ_i weights[i] v[s + offsets[i]]), with i in starts[a] ..< starts[a + 1], for `count` states
/// that are alike; returns max_s |next[s] − v[s]|. Sixteen at a time, and the rest one by one, to the same bit: so no
/// product is contracted with its sum. `next` may be `v`.
static inline double rl_back_up(
    const double *v, double *next, long count, long actions, const double *rewards, const int *starts,
    const int *offsets, const double *weights) {
#pragma clang fp contract(off)
  rl_states changes = 0;
  long s = 0;
  for (; s + 16 <= count; s += 16) {
    rl_states best = -__builtin_inf();
    for (long a = 0; a < actions; a++) {
      rl_states sum = rewards[a];
      for (int i = starts[a]; i < starts[a + 1]; i++) sum += weights[i] * rl_load_states(v + s + offsets[i]);
      best = sum > best ? sum : best;
    }
    rl_states change = __builtin_elementwise_abs(best - rl_load_states(v + s));
    changes = change > changes ? change : changes;
    __builtin_memcpy(next + s, &best, sizeof best);
  }
  double largest = 0;
  for (int lane = 0; lane < 16; lane++) largest = changes[lane] > largest ? changes[lane] : largest;
  for (; s < count; s++) {
    double best = -__builtin_inf();
    for (long a = 0; a < actions; a++) {
      double sum = rewards[a];
      for (int i = starts[a]; i < starts[a + 1]; i++) sum += weights[i] * v[s + offsets[i]];
      best = sum > best ? sum : best;
    }
    double change = __builtin_fabs(best - v[s]);
    largest = change > largest ? change : largest;
    next[s] = best;
  }
  return largest;
}

/// Whether loops of our own beat the library at small products in this build. OpenBLAS has kernels for small matrices
/// only with AVX-512; with AVX2 it packs them first, which costs a fifth of a 64 × 64 × 64 product.
#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
#define RL_OWN_SMALL_PRODUCTS 1
#else
#define RL_OWN_SMALL_PRODUCTS 0
#endif

#endif
