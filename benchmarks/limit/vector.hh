// Vectors of columns and functions of them.

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(__AVX512F__)
#define W 8
#define LETTER(NAME) _ZGVeN8v_##NAME
#elif defined(__AVX2__)
#define W 4
#define LETTER(NAME) _ZGVdN4v_##NAME
#else
#define W 2
#define LETTER(NAME) _ZGVbN2v_##NAME
#endif

typedef double vec __attribute__((vector_size(8 * W)));
typedef long long mask __attribute__((vector_size(8 * W)));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vec K(double x) { return vec{} + x; }
INLINE vec LOAD(const double* p) { vec v; std::memcpy(&v, p, sizeof v); return v; }
INLINE void STORE(double* p, vec v) { std::memcpy(p, &v, sizeof v); }
INLINE void ADD(double* p, vec v) { STORE(p, LOAD(p) + v); }
INLINE vec v_max(vec a, vec b) { return a > b ? a : b; }
INLINE vec v_min(vec a, vec b) { return a < b ? a : b; }
INLINE vec v_abs(vec a) { return a < K(0.0) ? -a : a; }
INLINE vec v_sqrt(vec a) {
  vec r;
  for (int i = 0; i < W; i++) r[i] = __builtin_sqrt(a[i]);
  return r;
}

#define BY_LANE(NAME)                                                \
  INLINE vec v_##NAME(vec x) {                                       \
    vec r;                                                           \
    for (int i = 0; i < W; i++) r[i] = std::NAME((double)x[i]);      \
    return r;                                                        \
  }
#if defined(__x86_64__) && defined(__GLIBC__) && __GLIBC_PREREQ(2, 35)
#define OF_GLIBC(NAME)               \
  extern "C" vec LETTER(NAME)(vec);  \
  INLINE vec v_##NAME(vec x) { return LETTER(NAME)(x); }
OF_GLIBC(exp) OF_GLIBC(log) OF_GLIBC(tanh) OF_GLIBC(erf) OF_GLIBC(cos) OF_GLIBC(sin)
#else
BY_LANE(exp) BY_LANE(log) BY_LANE(tanh) BY_LANE(erf) BY_LANE(cos) BY_LANE(sin)
#endif
