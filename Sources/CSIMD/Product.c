// Matrix products of the sizes that small networks have. Sums stay in registers and the right matrix is read where it
// lies, or turned once. OpenBLAS copies both matrices before it multiplies, where it has no small kernel: for A·Bᵀ of
// 64 × 64 × 64, and for all from a million multiplications on; that is a fifth of the time of 64 × 256 × 256.

#ifdef __x86_64__

// Compiled for AVX-512 whatever the rest is compiled for: who calls has asked the processor.
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#include "Blocks.h"

#include "Product.h"

/// Rows and blocks of columns that are summed at once: 28 of 32 registers.
#define RL_TILE_ROWS 14
#define RL_TILE_BLOCKS 2
/// Without loops over a tile's rows and blocks its sums are registers.
#define RL_UNROLL _Pragma("clang loop unroll(full)")

/// `c` ← Σₖ a[r, k]·b[k] for a tile, added to what is there where `adds`. Element (r, k) of a lies at r·row + k·inner_step.
RL_INLINE void rl_tile(
    const float *a, long row, long inner_step, long inner, const float *b, long b_stride, float *c, long c_stride,
    _Bool adds, int rows, int blocks) {
  rl_block sums[RL_TILE_ROWS][RL_TILE_BLOCKS];
  RL_UNROLL for (int r = 0; r < rows; r++)
    RL_UNROLL for (int i = 0; i < blocks; i++) sums[r][i] = 0;
  for (long k = 0; k < inner; k++) {
    rl_block values[RL_TILE_BLOCKS];
    RL_UNROLL for (int i = 0; i < blocks; i++) values[i] = rl_load_block(b + 16 * i);
    RL_UNROLL for (int r = 0; r < rows; r++) {
      rl_block x = a[r * row + k * inner_step];
      RL_UNROLL for (int i = 0; i < blocks; i++) sums[r][i] = rl_multiply_add(x, values[i], sums[r][i]);
    }
    b += b_stride;
  }
  RL_UNROLL for (int r = 0; r < rows; r++)
    RL_UNROLL for (int i = 0; i < blocks; i++) {
      float *to = c + r * c_stride + 16 * i;
      rl_block sum = adds ? rl_load_block(to) + sums[r][i] : sums[r][i];
      __builtin_memcpy(to, &sum, sizeof sum);
    }
}

/// A tile of up to RL_TILE_ROWS rows, each number of them with registers of its own.
RL_INLINE void rl_some_rows(
    const float *a, long row, long inner_step, long inner, const float *b, long b_stride, float *c, long c_stride,
    _Bool adds, long rows, int blocks) {
#define RL_CASE(n) \
  case n: return rl_tile(a, row, inner_step, inner, b, b_stride, c, c_stride, adds, n, blocks);
  switch (rows) {
    RL_CASE(1) RL_CASE(2) RL_CASE(3) RL_CASE(4) RL_CASE(5) RL_CASE(6) RL_CASE(7)
    RL_CASE(8) RL_CASE(9) RL_CASE(10) RL_CASE(11) RL_CASE(12) RL_CASE(13) RL_CASE(14)
  }
#undef RL_CASE
}

void rl_product(
    const float *a, long a_stride, _Bool left_turned, const float *b, _Bool right_turned, float *c, long rows,
    long columns, long inner, _Bool adds) {
  float room[RL_PRODUCT_INNER * 16 * RL_TILE_BLOCKS];
  long row = left_turned ? 1 : a_stride, inner_step = left_turned ? a_stride : 1;
  // As many rows in each tile as in the others, or one fewer.
  long tiles = (rows + RL_TILE_ROWS - 1) / RL_TILE_ROWS;
  for (long j = 0; j < columns; j += 16 * RL_TILE_BLOCKS) {
    int blocks = columns - j >= 16 * RL_TILE_BLOCKS ? RL_TILE_BLOCKS : 1;
    const float *part = b + j;
    long stride = columns;
    if (right_turned) {
      for (int i = 0; i < blocks; i++)
        for (long k = 0; k < inner; k += 16) {
          rl_block square[16];
          for (int s = 0; s < 16; s++) square[s] = rl_load_block(b + (j + 16 * i + s) * inner + k);
          rl_turn(square);
          for (int s = 0; s < 16; s++)
            __builtin_memcpy(room + (k + s) * 16 * blocks + 16 * i, square + s, sizeof square[s]);
        }
      part = room;
      stride = 16 * blocks;
    }
    for (long t = 0; t < tiles; t++) {
      long first = t * rows / tiles, count = (t + 1) * rows / tiles - first;
      float *to = c + first * columns + j;
      if (blocks == 2)
        rl_some_rows(a + first * row, row, inner_step, inner, part, stride, to, columns, adds, count, 2);
      else
        rl_some_rows(a + first * row, row, inner_step, inner, part, stride, to, columns, adds, count, 1);
    }
  }
}

#pragma clang attribute pop

_Bool rl_has_products(void) { return __builtin_cpu_supports("avx512f"); }

#else

#include "Product.h"

_Bool rl_has_products(void) { return 0; }

void rl_product(
    const float *a, long a_stride, _Bool left_turned, const float *b, _Bool right_turned, float *c, long rows,
    long columns, long inner, _Bool adds) {
  __builtin_trap();
}

#endif
