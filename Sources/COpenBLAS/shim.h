#ifndef RLGYM_COPENBLAS_SHIM_H
#define RLGYM_COPENBLAS_SHIM_H

#include <cblas.h>

/// A square root that the vectoriser accepts: Swift's `squareRoot()` is a guarded call, which ends vectorisation.
static inline __attribute__((always_inline)) float rl_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }

#endif
