// CartPole-v1 as a plain C loop: one struct a lane, single precision, the C library's sine and cosine, a cheap
// generator, restart in the same step. The fastest that a simple loop per lane does.
//
//     cc -O3 -march=native -o cartpole cartpole.c -lm && taskset -c 1 ./cartpole 1024
//
// Prints one JSON line with steps per CPU second, action sampling and restarts included, the median of nine rounds.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  float x, v, angle, rate;
  uint32_t age;
} Cart;

static uint64_t word = 88172645463325252ull;

static inline uint32_t draw(void) {  // Marsaglia's xorshift64* (2003, 2016)
  word ^= word >> 12;
  word ^= word << 25;
  word ^= word >> 27;
  return (uint32_t)((word * 2685821657736338717ull) >> 32);
}

static inline float small(void) { return (float)draw() * (0.1f / 4294967296.0f) - 0.05f; }

static void restart(Cart *c) {
  c->x = small(), c->v = small(), c->angle = small(), c->rate = small(), c->age = 0;
}

static int step(Cart *c, int action) {
  const float gravity = 9.8f, pole = 0.1f, total = 1.1f, half = 0.5f, interval = 0.02f;
  float force = action ? 10.0f : -10.0f, s = sinf(c->angle), k = cosf(c->angle);
  float push = (force + pole * half * c->rate * c->rate * s) / total;
  float turn = (gravity * s - k * push) / (half * (4.0f / 3.0f - pole * k * k / total));
  float gain = push - pole * half * turn * k / total;
  c->x += interval * c->v, c->v += interval * gain, c->angle += interval * c->rate, c->rate += interval * turn;
  return fabsf(c->x) > 2.4f || fabsf(c->angle) > 0.20943951f || ++c->age >= 500;
}

static int order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **words) {
  int lanes = count > 1 ? atoi(words[1]) : 1024, rounds = 20000000 / lanes;
  Cart *carts = malloc(sizeof(Cart) * lanes);
  float *rows = malloc(sizeof(float) * 4 * lanes), *rewards = malloc(sizeof(float) * lanes);
  unsigned char *ended = malloc(lanes);
  double rates[9];
  for (int i = 0; i < lanes; i++) restart(&carts[i]);
  for (int r = 0; r < 9; r++) {
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    for (int t = 0; t < rounds; t++)
      for (int i = 0; i < lanes; i++) {
        ended[i] = step(&carts[i], draw() >> 31);
        rewards[i] = 1;
        if (ended[i]) restart(&carts[i]);
        rows[4 * i] = carts[i].x, rows[4 * i + 1] = carts[i].v;
        rows[4 * i + 2] = carts[i].angle, rows[4 * i + 3] = carts[i].rate;
      }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    rates[r] = (double)rounds * lanes / ((b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec));
  }
  qsort(rates, 9, sizeof(double), order);
  printf("{\"name\": \"peer:c:step:CartPole-v1:%d\", \"value\": %.0f, \"unit\": \"steps/s\"}\n", lanes, rates[4]);
  return rows[0] == 12345.0f;
}
