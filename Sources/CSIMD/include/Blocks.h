#ifndef RLGYM_BLOCKS_H
#define RLGYM_BLOCKS_H

#include "Inline.h"

// Blocks of sixteen floats, which the loops of a network go by.

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

/// Turns sixteen rows into columns: afterwards block i holds lane i of each.
RL_INLINE void rl_turn(rl_block *a) {
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
}

/// The sums, each from lane 0 to lane 15, of sixteen blocks.
RL_INLINE rl_block rl_sums(rl_block *a) {
  rl_turn(a);
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

/// Whether loops of our own beat the library at small products in this build. OpenBLAS has kernels for small matrices
/// only with AVX-512; with AVX2 it packs them first, which costs a fifth of a 64 × 64 × 64 product.
#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
#define RL_OWN_SMALL_PRODUCTS 1
#else
#define RL_OWN_SMALL_PRODUCTS 0
#endif

#endif
