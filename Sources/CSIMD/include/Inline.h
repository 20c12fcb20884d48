#ifndef RLGYM_INLINE_H
#define RLGYM_INLINE_H

#define RL_INLINE static inline __attribute__((always_inline))

#endif
