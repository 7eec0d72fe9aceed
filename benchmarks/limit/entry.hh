// Tiles of a run. Arrays of inputs and outputs come tile by tile; all others are scratch.

// data: an array for each slot, or null for scratch; seeds: whether a slot is a field whose sum is
// the cost; gradients: arrays of adjoints by slot, or null.
extern "C" void run_tiles(long first, long last, long days, long lead, long hours,
                          double* const* data, const int* seeds, double* cost,
                          double* const* gradients, int with_gradient) {
  std::vector<long> rows(SLOTS);
  size_t size = 0;
  for (int i = 0; i < SLOTS; i++) {
    const long length = WINDOW[i] ? days - lead : days;
    rows[i] = KIND[i] == 0 ? 1 : KIND[i] == 1 ? length : length * hours;
    size += (data[i] ? 0 : rows[i]) + (KIND[i] == 2 ? 0 : rows[i]);
  }
  for (int i = 0; i < LOOPS; i++) size += with_gradient ? SAVED[i] * days : 0;
  double* scratch = (double*)std::aligned_alloc(64, (size * W * 8 + 63) / 64 * 64);
  std::vector<double*> a(2 * SLOTS), hist(LOOPS);
  double* free_ = scratch;
  auto take = [&](long n) { double* p = free_; free_ += n * W; return p; };
  for (int i = 0; i < SLOTS; i++) {
    if (!data[i]) a[i] = take(rows[i]);
    if (KIND[i] != 2) a[SLOTS + i] = take(rows[i]);
  }
  for (int i = 0; i < LOOPS; i++) hist[i] = with_gradient ? take(SAVED[i] * days) : nullptr;
  for (long t = first; t < last; t++) {
    for (int i = 0; i < SLOTS; i++)
      if (data[i]) a[i] = data[i] + t * rows[i] * W;
    forward(a.data(), hist.data(), days, lead, hours, with_gradient);
    vec total = K(0.0);
    for (int i = 0; i < SLOTS; i++)
      if (seeds[i]) for (long d = 0; d < rows[i]; d++) total += LOAD(a[i] + d * W);
    STORE(cost + t * W, total);
    if (!with_gradient) continue;
    for (int i = 0; i < SLOTS; i++)
      if (KIND[i] != 2)
        for (long d = 0; d < rows[i]; d++) STORE(a[SLOTS + i] + d * W, K(seeds[i] ? 1.0 : 0.0));
    reverse(a.data(), hist.data(), days, lead, hours);
    for (int i = 0; i < SLOTS; i++)
      if (gradients[i]) STORE(gradients[i] + t * W, LOAD(a[SLOTS + i]));
  }
  std::free(scratch);
}

extern "C" int tile_width() { return W; }
