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

#endif
