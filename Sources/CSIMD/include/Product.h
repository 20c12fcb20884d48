#ifndef RLGYM_PRODUCT_H
#define RLGYM_PRODUCT_H

/// Whether this processor has the registers that ``rl_product`` is written for, those of AVX-512.
_Bool rl_has_products(void);

/// The most that ``rl_product`` sums: its part of the right matrix still fits the first-level cache, and OpenBLAS too
/// adds as many in one sum.
#define RL_PRODUCT_INNER 256

/// `c` `[rows, columns]` ← op(a)·op(b), added to what is there where `adds`; `left_turned` and `right_turned` say which
/// are stored as columns. `columns` is a multiple of 16, and so is `inner`, which is at most RL_PRODUCT_INNER, where b
/// is stored as columns.
void rl_product(
    const float *a, long a_stride, _Bool left_turned, const float *b, _Bool right_turned, float *c, long rows,
    long columns, long inner, _Bool adds);

#endif
