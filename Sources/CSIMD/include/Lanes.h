#ifndef RLGYM_LANES_H
#define RLGYM_LANES_H

#include "Inline.h"

// Lanes of doubles and floats that environments step in, and single operations on them.

/// Lanes that step together: one AVX-512 register of doubles, else one of AVX2. Twice as many would need twice the
/// registers there are, and spend the time on moving them.
#ifdef __AVX512F__
#define RL_LANES 8
#else
#define RL_LANES 4
#endif

typedef double rl_doubles __attribute__((ext_vector_type(RL_LANES)));
typedef float rl_floats __attribute__((ext_vector_type(RL_LANES)));
/// All bits of a lane set, or none.
typedef long long rl_mask __attribute__((ext_vector_type(RL_LANES)));
typedef unsigned long long rl_bits __attribute__((ext_vector_type(RL_LANES)));

RL_INLINE rl_floats rl_narrow(rl_doubles x) { return __builtin_convertvector(x, rl_floats); }
RL_INLINE rl_doubles rl_widen(rl_floats x) { return __builtin_convertvector(x, rl_doubles); }
RL_INLINE rl_doubles rl_floor(rl_doubles x) { return __builtin_elementwise_floor(x); }
RL_INLINE rl_doubles rl_magnitude(rl_doubles x) { return __builtin_elementwise_abs(x); }

RL_INLINE rl_mask rl_less(rl_doubles a, rl_doubles b) { return (rl_mask)(a < b); }
RL_INLINE rl_mask rl_less_equal(rl_doubles a, rl_doubles b) { return (rl_mask)(a <= b); }
/// Has what lies at `p` fetched while other work goes on.
RL_INLINE void rl_prefetch(const void *p) { __builtin_prefetch(p); }
/// How many numbers from `p` on lie at or below `bound`, up to the first that does not; RL_LANES if all that fit a
/// register do.
RL_INLINE long rl_passed(const double *p, double bound) {
  typedef _Bool flags __attribute__((ext_vector_type(RL_LANES)));
  rl_doubles x;
  __builtin_memcpy(&x, p, sizeof x);
  flags above = __builtin_convertvector(x > bound, flags);
  unsigned char bits = 0;
  __builtin_memcpy(&bits, &above, 1);
  return __builtin_ctz(bits | 1u << RL_LANES);
}
RL_INLINE _Bool rl_any(rl_mask mask) { return __builtin_reduce_or(mask) != 0; }
RL_INLINE _Bool rl_all(rl_mask mask) { return __builtin_reduce_and(mask) != 0; }
/// `a` where the mask is set, else `b`.
RL_INLINE rl_doubles rl_choose(rl_mask mask, rl_doubles a, rl_doubles b) {
  return (rl_doubles)(((rl_mask)a & mask) | ((rl_mask)b & ~mask));
}

/// One number a lane, wherever they lie in memory.
RL_INLINE rl_floats rl_load_floats(const float *p) {
  rl_floats x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
/// Whether the integer at `p` of each lane is `number`.
RL_INLINE rl_mask rl_is_action(long number, const long *p) {
  rl_mask x;
  __builtin_memcpy(&x, p, sizeof x);
  return (rl_mask)(x == number);
}
RL_INLINE void rl_store_doubles(rl_doubles x, double *p) { __builtin_memcpy(p, &x, sizeof x); }
/// Writes a byte a lane: 1 where the mask is set, else 0.
RL_INLINE void rl_store_flags(rl_mask mask, unsigned char *p) {
  typedef unsigned char flags __attribute__((ext_vector_type(RL_LANES)));
  flags x = __builtin_convertvector(-mask, flags);
  __builtin_memcpy(p, &x, RL_LANES);
}

/// Writes rows of two, three, four or six numbers, one row a lane.
RL_INLINE void rl_write_pairs(rl_floats a, rl_floats b, float *p) {
#if RL_LANES == 8
  typedef float rows __attribute__((ext_vector_type(16)));
  rows x = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  typedef float rows __attribute__((ext_vector_type(8)));
  rows x = __builtin_shufflevector(a, b, 0, 4, 1, 5, 2, 6, 3, 7);
#endif
  __builtin_memcpy(p, &x, sizeof x);
}
RL_INLINE void rl_write_quads(rl_floats a, rl_floats b, rl_floats c, rl_floats d, float *p) {
#if RL_LANES == 8
  typedef float half __attribute__((ext_vector_type(16)));
  typedef float rows __attribute__((ext_vector_type(32)));
  half ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  half cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  rows x = __builtin_shufflevector(
      ab, cd, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14,
      15, 30, 31);
#else
  typedef float half __attribute__((ext_vector_type(8)));
  typedef float rows __attribute__((ext_vector_type(16)));
  half ab = __builtin_shufflevector(a, b, 0, 4, 1, 5, 2, 6, 3, 7);
  half cd = __builtin_shufflevector(c, d, 0, 4, 1, 5, 2, 6, 3, 7);
  rows x = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
#endif
  __builtin_memcpy(p, &x, sizeof x);
}
RL_INLINE void rl_write_triples(rl_floats a, rl_floats b, rl_floats c, float *p) {
  // Rows of four, each over the end of the one before; the last one's fourth number has no room.
  float rows[4 * RL_LANES];
  rl_write_quads(a, b, c, c, rows);
  for (int i = 0; i < RL_LANES - 1; i++) __builtin_memcpy(p + 3 * i, rows + 4 * i, 4 * sizeof(float));
  __builtin_memcpy(p + 3 * (RL_LANES - 1), rows + 4 * (RL_LANES - 1), 3 * sizeof(float));
}

RL_INLINE void rl_write_sextets(
    rl_floats a, rl_floats b, rl_floats c, rl_floats d, rl_floats e, rl_floats f, float *p) {
  float four[4 * RL_LANES], two[2 * RL_LANES];
  rl_write_quads(a, b, c, d, four);
  rl_write_pairs(e, f, two);
  for (int i = 0; i < RL_LANES; i++) {
    __builtin_memcpy(p + 6 * i, four + 4 * i, 4 * sizeof(float));
    __builtin_memcpy(p + 6 * i + 4, two + 2 * i, 2 * sizeof(float));
  }
}

#endif
