#ifndef RLGYM_BACKUP_H
#define RLGYM_BACKUP_H

#include "Inline.h"

// One sweep of value iteration over states that are alike.

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

#endif
