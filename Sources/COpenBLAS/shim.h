#ifndef RLGYM_COPENBLAS_SHIM_H
#define RLGYM_COPENBLAS_SHIM_H

#include <cblas.h>

#define RL_INLINE static inline __attribute__((always_inline))

/// A square root that the vectoriser accepts: Swift's `squareRoot()` is a guarded call, which ends vectorisation.
RL_INLINE float rl_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }

typedef float rl_block __attribute__((ext_vector_type(16)));

/// a·b + c, one instruction where the processor has it: Swift never contracts a product and a sum.
RL_INLINE rl_block rl_multiply_add(rl_block a, rl_block b, rl_block c) { return a * b + c; }

/// Whether loops of our own beat the library at small products in this build. OpenBLAS has kernels for small matrices
/// only with AVX-512; with AVX2 it packs them first, which costs a fifth of a 64 × 64 × 64 product.
#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
#define RL_OWN_SMALL_PRODUCTS 1
#else
#define RL_OWN_SMALL_PRODUCTS 0
#endif

#endif
