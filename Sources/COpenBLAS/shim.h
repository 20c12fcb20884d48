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

RL_INLINE rl_block rl_load_block(const float *p) {
  rl_block x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

/// The sums, each from lane 0 to lane 15, of sixteen blocks.
RL_INLINE rl_block rl_sums(rl_block *a) {
  rl_block b[16];
  for (int i = 0; i < 16; i += 2) {
    b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
  }
  for (int i = 0; i < 16; i += 4)
    for (int j = i; j < i + 2; j++) {
      a[j] = __builtin_shufflevector(b[j], b[j + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      a[j + 2] = __builtin_shufflevector(b[j], b[j + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  for (int i = 0; i < 16; i += 8)
    for (int j = i; j < i + 4; j++) {
      b[j] = __builtin_shufflevector(a[j], a[j + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
      b[j + 4] = __builtin_shufflevector(a[j], a[j + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
    }
  for (int j = 0; j < 8; j++) {
    a[j] = __builtin_shufflevector(b[j], b[j + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    a[j + 8] = __builtin_shufflevector(b[j], b[j + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
  // Turned: block i holds lane i of every row.
  rl_block sum = a[0];
  for (int i = 1; i < 16; i++) sum += a[i];
  return sum;
}

/// The dot products of sixteen rows of x, `stride` apart, with w; `n` is a multiple of 16.
RL_INLINE rl_block rl_dots(const float *x, long stride, const float *w, long n) {
  rl_block sums[16];
  // Eight at a time fill AVX2's sixteen registers.
  for (int half = 0; half < 16; half += 8) {
    for (int r = half; r < half + 8; r++) sums[r] = 0;
    for (long j = 0; j < n; j += 16) {
      rl_block weights = rl_load_block(w + j);
      for (int r = half; r < half + 8; r++) sums[r] = rl_multiply_add(rl_load_block(x + r * stride + j), weights, sums[r]);
    }
  }
  return rl_sums(sums);
}

typedef double rl_states __attribute__((ext_vector_type(8)));

RL_INLINE rl_states rl_load_states(const double *p) {
  rl_states x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

/// What a backup needs to know of states that are alike: for action a, its mean reward rewards[a] and its entries
/// starts[a] ..< starts[a + 1], each with a weight and the number of the successor that it is for; where successors lie
/// from a state; the weights as a matrix of shape [actions, 4] too, where `matrix` is not null. Both give the same sums
/// but for rounding.
typedef struct {
  long actions;
  const double *rewards;
  const int *starts;
  const int *successors;
  const double *weights;
  const double *matrix;
  long width;
  const int *offsets;
} rl_backup;

/// next[s] ← max_a (rewards[a] + Σ_i weights[i] v[s + offset of i]) for states `first` ..< `count`, one by one; returns
/// max_s |next[s] − v[s]|. `next` may be `v`.
static inline double rl_back_up_one_by_one(rl_backup b, const double *v, double *next, long first, long count) {
  double largest = 0;
  for (long s = first; s < count; s++) {
    double best = -__builtin_inf();
    for (long a = 0; a < b.actions; a++) {
      double sum = b.rewards[a];
      for (int i = b.starts[a]; i < b.starts[a + 1]; i++) sum += b.weights[i] * v[s + b.offsets[b.successors[i]]];
      best = sum > best ? sum : best;
    }
    double change = __builtin_fabs(best - v[s]);
    largest = change > largest ? change : largest;
    next[s] = best;
  }
  return largest;
}

/// The same, eight states at a time, and the rest one by one. With a matrix each successor is loaded once for all actions.
static inline double rl_back_up(rl_backup b, const double *v, double *next, long count) {
  rl_states changes = 0;
  long s = 0;
  long o[4];
  for (long i = 0; i < 4; i++) o[i] = b.width > 0 ? b.offsets[i < b.width ? i : 0] : 0;
  for (; s + 8 <= count; s += 8) {
    rl_states best = -__builtin_inf();
    if (b.matrix) {
      rl_states v0 = rl_load_states(v + s + o[0]), v1 = rl_load_states(v + s + o[1]);
      rl_states v2 = rl_load_states(v + s + o[2]), v3 = rl_load_states(v + s + o[3]);
      for (long a = 0; a < b.actions; a++) {
        const double *w = b.matrix + 4 * a;
        rl_states sum = b.rewards[a] + w[0] * v0;
        sum += w[1] * v1;
        sum += w[2] * v2;
        sum += w[3] * v3;
        best = sum > best ? sum : best;
      }
    } else {
      for (long a = 0; a < b.actions; a++) {
        rl_states sum = b.rewards[a];
        for (int i = b.starts[a]; i < b.starts[a + 1]; i++)
          sum += b.weights[i] * rl_load_states(v + s + b.offsets[b.successors[i]]);
        best = sum > best ? sum : best;
      }
    }
    rl_states change = __builtin_elementwise_abs(best - rl_load_states(v + s));
    changes = change > changes ? change : changes;
    __builtin_memcpy(next + s, &best, sizeof best);
  }
  double largest = rl_back_up_one_by_one(b, v, next, s, count);
  for (int lane = 0; lane < 8; lane++) largest = changes[lane] > largest ? changes[lane] : largest;
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
