// Vectors of columns, functions of them, and the call by XLA. Compiles with GCC and clang.
//
// `exp` follows the reduction by ln 2 of Cody and Waite (1980, Software Manual for the Elementary
// Functions); `log` is that of fdlibm (Sun Microsystems, 1993); `tanh` near 0 that of Cephes
// (Moshier, 1989). Their errors are about one unit in the last place.

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "xla/ffi/api/c_api.h"

#if defined(__AVX512F__)
#define WIDTH 8
#elif defined(__AVX__)
#define WIDTH 4
#else
#define WIDTH 2
#endif

typedef double vec __attribute__((vector_size(8 * WIDTH)));
typedef long long mask __attribute__((vector_size(8 * WIDTH)));
typedef unsigned long long bits __attribute__((vector_size(8 * WIDTH)));

#define INLINE static inline __attribute__((always_inline, unused))
// One copy for hundreds of uses: inlined, they take most of a compilation and save little of a run.
#define CALLED static __attribute__((noinline, unused))

INLINE vec splat(double x) { return vec{} + x; }
INLINE vec load(const double* p) { vec v; std::memcpy(&v, p, sizeof v); return v; }
INLINE void store(double* p, vec v) { std::memcpy(p, &v, sizeof v); }
INLINE void add_to(double* p, vec v) { store(p, load(p) + v); }

INLINE vec v_max(vec a, vec b) { vec m = a > b ? a : b; return (mask)(a != a) ? a : m; }
INLINE vec v_min(vec a, vec b) { vec m = a < b ? a : b; return (mask)(a != a) ? a : m; }
INLINE vec v_abs(vec x) { return (vec)((bits)x & (bits{} + 0x7fffffffffffffffULL)); }
INLINE vec v_sign(vec x) {
  vec s = x > splat(0.0) ? splat(1.0) : (x < splat(0.0) ? splat(-1.0) : x);
  return s;
}
INLINE vec v_sqrt(vec x) {
  vec r;
  for (int i = 0; i < WIDTH; i++) r[i] = __builtin_sqrt(x[i]);
  return r;
}

CALLED vec v_exp(vec x) {
  const vec magic = splat(6755399441055744.0);  // 1.5 * 2^52: rounds to an integer
  const vec shifted = x * splat(1.4426950408889634) + magic;
  const vec n = shifted - magic;
  const vec r = (x - n * splat(6.93147180369123816490e-01)) - n * splat(1.90821492927058770002e-10);
  const vec r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
  const vec a = (r * splat(1.0 / 6) + splat(0.5)) * r2 + (r + splat(1.0));
  const vec b = (r * splat(1.0 / 5040) + splat(1.0 / 720)) * r2 +
                (r * splat(1.0 / 120) + splat(1.0 / 24));
  const vec c = (r * splat(1.0 / 39916800) + splat(1.0 / 3628800)) * r2 +
                (r * splat(1.0 / 362880) + splat(1.0 / 40320));
  const vec d = r * splat(1.0 / 6227020800.0) + splat(1.0 / 479001600);
  const vec p = (d * r4 + c) * r8 + (b * r4 + a);
  const bits k = (bits)shifted - (bits)magic + (bits{} + 1022ULL);
  const vec y = (p * (vec)(k << 52)) * splat(2.0);
  const vec low = x < splat(-708.0) ? splat(0.0) : y;
  return x > splat(709.782712893384) ? splat(__builtin_inf()) : low;
}

INLINE vec v_logistic(vec x) { return splat(1.0) / (splat(1.0) + v_exp(-x)); }
INLINE vec v_clamp(vec low, vec x, vec high) { return v_min(v_max(low, x), high); }

CALLED vec v_log(vec x) {
  const mask tiny = (mask)(x < splat(2.2250738585072014e-308));
  const vec scaled = tiny ? x * splat(18014398509481984.0) : x;  // 2^54
  const bits moved = (bits)scaled + (bits{} + (0x3ff0000000000000ULL - 0x3fe6a09e667f3bcdULL));
  const bits exponent = moved >> 52;
  const vec m = (vec)((bits)scaled - ((exponent - (bits{} + 1023ULL)) << 52));
  const vec biased = (vec)(exponent | (bits{} + 0x4330000000000000ULL)) - splat(4503599627370496.0);
  const vec k = biased - (tiny ? splat(1023.0 + 54.0) : splat(1023.0));
  const vec f = m - splat(1.0), s = f / (splat(2.0) + f), z = s * s, w = z * z;
  const vec even = w * (splat(3.999999999940941908e-01) +
                        w * (splat(2.222219843214978396e-01) + w * splat(1.531383769920937332e-01)));
  const vec odd = z * (splat(6.666666666666735130e-01) +
                       w * (splat(2.857142874366239149e-01) +
                            w * (splat(1.818357216161805012e-01) +
                                 w * splat(1.479819860511658591e-01))));
  const vec half = splat(0.5) * f * f;
  const vec y = k * splat(6.93147180369123816490e-01) -
                ((half - (s * (half + even + odd) + k * splat(1.90821492927058770002e-10))) - f);
  const vec finite = x < splat(__builtin_inf()) ? y : x;  // also NaN
  const vec zero = (mask)(x == splat(0.0)) ? splat(-__builtin_inf()) : finite;
  return x < splat(0.0) ? splat(__builtin_nan("")) : zero;
}

CALLED vec v_tanh(vec x) {
  const vec z = x * x;
  const vec p = (splat(-9.64399179425052238628e-1) * z + splat(-9.92877231001918586564e1)) * z +
                splat(-1.61468768441708447952e3);
  const vec q = ((z + splat(1.12811678491632931402e2)) * z + splat(2.23548839060100448583e3)) * z +
                splat(4.84406305325125486048e3);
  const vec a = v_abs(x);
  const vec large = splat(1.0) - splat(2.0) / (v_exp(a + a) + splat(1.0));
  const vec signed_large = x < splat(0.0) ? -large : large;
  return (mask)(a < splat(0.625)) ? x + x * z * (p / q) : signed_large;
}

#define BY_LANE(NAME)                                                \
  INLINE vec v_##NAME(vec x) {                                       \
    vec r;                                                           \
    for (int i = 0; i < WIDTH; i++) r[i] = std::NAME((double)x[i]);  \
    return r;                                                        \
  }
#define BY_LANE_2(NAME)                                                            \
  INLINE vec v_##NAME(vec x, vec y) {                                              \
    vec r;                                                                         \
    for (int i = 0; i < WIDTH; i++) r[i] = std::NAME((double)x[i], (double)y[i]);  \
    return r;                                                                      \
  }
BY_LANE(erf) BY_LANE(erfc) BY_LANE(sin) BY_LANE(cos) BY_LANE(tan) BY_LANE(asin) BY_LANE(acos)
BY_LANE(atan) BY_LANE(sinh) BY_LANE(cosh) BY_LANE(expm1) BY_LANE(log1p) BY_LANE(cbrt)
BY_LANE(floor) BY_LANE(ceil) BY_LANE_2(pow) BY_LANE_2(atan2) BY_LANE_2(fmod)

// A call: arrays, sizes, and how far one member is from the next in each array (0: shared).
struct Call {
  long long days, members, columns, tangents, results;
  const long long* step;
  const double* const* in;
  double* const* out;
};

static void tile(const Call& call, long long column, vec* scratch);  // generated
static long long scratch_size(const Call& call);                     // generated, in vectors

// Tiles of a call, taken by whichever thread is free. The caller takes part, so that a pool whose
// threads are all busy delays nothing.
struct Work {
  Call call;
  std::vector<long long> sizes;
  std::vector<const double*> in;
  std::vector<double*> out;
  long long tiles;
  std::atomic<long long> next{0}, done{0};

  void run() {
    vec* scratch = nullptr;
    for (long long t; (t = next.fetch_add(1)) < tiles;) {
      if (!scratch) {
        size_t bytes = sizeof(vec) * (size_t)(scratch_size(call) + 1);
        scratch = (vec*)std::aligned_alloc(64, (bytes + 63) / 64 * 64);
      }
      tile(call, t * WIDTH, scratch);
      if (t == tiles - 1 && call.columns % WIDTH) tile(call, call.columns - WIDTH, scratch);
      done.fetch_add(1, std::memory_order_release);
    }
    std::free(scratch);
  }
};

// 0 where the processor knows the instructions of this library, which a process of its own tries.
extern "C" int ccdas_native_trial() {
  double numbers[WIDTH];
  for (int i = 0; i < WIDTH; i++) numbers[i] = 0.25 + i;
  store(numbers, v_log(v_exp(load(numbers))) + v_tanh(v_sqrt(load(numbers))));
  return numbers[0] > 0.7 && numbers[0] < 0.72 ? 0 : 3;
}

static void run_shared(void* data) {
  auto* work = (std::shared_ptr<Work>*)data;
  (*work)->run();
  delete work;
}

extern "C" XLA_FFI_Error* ccdas_native(XLA_FFI_CallFrame* frame) {
  if (frame->extension_start && frame->extension_start->type == XLA_FFI_Extension_Metadata) {
    auto* extension = (XLA_FFI_Metadata_Extension*)frame->extension_start;
    extension->metadata->api_version.major_version = XLA_FFI_API_MAJOR;
    extension->metadata->api_version.minor_version = XLA_FFI_API_MINOR;
    return nullptr;
  }
  auto work = std::make_shared<Work>();
  auto* sizes = (XLA_FFI_Array*)frame->attrs.attrs[0];
  const long long* numbers = (const long long*)sizes->data;
  for (int64_t i = 0; i < frame->args.size; i++)
    work->in.push_back((const double*)((XLA_FFI_Buffer*)frame->args.args[i])->data);
  for (int64_t i = 0; i < frame->rets.size; i++)
    work->out.push_back((double*)((XLA_FFI_Buffer*)frame->rets.rets[i])->data);
  work->sizes.assign(numbers, numbers + sizes->size);
  work->call = {numbers[0], numbers[1], numbers[2], numbers[3],
                (long long)frame->rets.size, work->sizes.data() + 4, work->in.data(), work->out.data()};
  work->tiles = numbers[2] / WIDTH;
  int64_t threads = 1;
  XLA_FFI_ThreadPool_NumThreads_Args count{};
  count.struct_size = XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE;
  count.ctx = frame->ctx;
  count.num_threads = &threads;
  if (frame->api->XLA_FFI_ThreadPool_NumThreads(&count)) threads = 1;
  for (int64_t i = 1; i < threads && i < work->tiles; i++) {
    XLA_FFI_ThreadPool_Schedule_Args task{};
    task.struct_size = XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE;
    task.ctx = frame->ctx;
    task.task = run_shared;
    task.data = new std::shared_ptr<Work>(work);
    if (frame->api->XLA_FFI_ThreadPool_Schedule(&task)) delete (std::shared_ptr<Work>*)task.data;
  }
  work->run();
  while (work->done.load(std::memory_order_acquire) < work->tiles) std::this_thread::yield();
  return nullptr;
}
