"use strict";

// The random numbers that NumPy's `default_rng(seed)` gives in Python, number by number:
//
//   const random = satganRandom(seed);
//   random.normal();     // what standard_normal gives for float32
//   random.uniform();    // what random gives for float32, in [0, 1)
//
// The seed is hashed (M. E. O'Neill's seed_seq, as NumPy's SeedSequence),
// the bits come from PCG64 (M. E. O'Neill, HMC-CS-2014-0905, 2014),
// and are made normal by a ziggurat of 256 layers (G. Marsaglia and W. W. Tsang, J. Stat. Soft. 5 (8), 2000).
function satganRandom(seed) {
  const next = bits(seed);
  return { normal: () => normal(next), uniform: () => (next() >>> 8) / 2 ** 24 };

  function hash(seed) {
    let constant = 0x43b0d7e5;
    const mixed = (value, multiplier) => {
      value ^= constant;
      constant = Math.imul(constant, multiplier);
      value = Math.imul(value, constant);
      return value ^ (value >>> 16);
    };
    const pool = [seed, 0, 0, 0].map((word) => mixed(word, 0x931e8875));
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) {
        if (from === to) continue;
        const word = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, mixed(pool[from], 0x931e8875));
        pool[to] = word ^ (word >>> 16);
      }
    }
    constant = 0x8b51f9dd;
    return Array.from({ length: 8 }, (_, i) => BigInt(mixed(pool[i % 4], 0x58f38ded) >>> 0));
  }

  // A function that gives 32 random bits at a time: PCG64 makes 64, of which the low half comes first.
  function bits(seed) {
    const [b, a, d, c, f, e, h, g] = hash(seed);
    const long = (...words) => words.reduce((all, word) => (all << 32n) | word, 0n);
    const increment = BigInt.asUintN(128, (long(e, f, g, h) << 1n) | 1n);
    const step = (s) => BigInt.asUintN(128, s * 0x2360ed051fc65da44385df649fccf645n + increment);
    let state = step(BigInt.asUintN(128, step(0n) + long(a, b, c, d)));
    let high = null;
    return () => {
      if (high !== null) {
        const word = high;
        high = null;
        return word;
      }
      state = step(state);
      const folded = BigInt.asUintN(64, (state >> 64n) ^ state), turn = state >> 122n;
      const word = BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
      high = Number(word >> 32n);
      return Number(word & 0xffffffffn);
    };
  }

  function normal(next) {
    const { edge, width, inside, density } = (satganRandom.ziggurat ??= ziggurat());
    const uniform = () => (next() >>> 8) / 2 ** 24;
    for (;;) {
      const word = next(), layer = word & 255, sign = word & 256 ? -1 : 1, whole = word >>> 9;
      const x = Math.fround(whole * width[layer]);
      if (whole < inside[layer]) return sign * x;
      if (layer > 0) {
        const between = Math.fround(Math.fround(density[layer - 1] - density[layer]) * uniform());
        if (between + density[layer] < Math.exp(-0.5 * x * x)) return sign * x;
        continue;
      }
      for (;;) {
        const log = () => Math.fround(Math.log1p(-uniform()));
        const beyond = Math.fround(Math.fround(-1 / edge) * log()), height = -log();
        if (2 * height > beyond * beyond) return Math.fround((whole >>> 8) & 1 ? -(Math.fround(edge) + beyond) : Math.fround(edge) + beyond);
      }
    }
  }

  // 256 layers of one area under exp(-x^2 / 2), from the top down, but for layer 0: it is the lowest, with the tail that
  // begins at `edge`. A layer's numbers are `width` apart, and the first `inside` of them lie under the curve for sure.
  function ziggurat() {
    const edge = 3.6541528853610088, area = 0.00492867323399;
    const height = (x) => Math.exp(-0.5 * x * x);
    const x = new Array(256);
    x[255] = edge;
    for (let i = 254; i > 0; i--) x[i] = Math.sqrt(-2 * Math.log(area / x[i + 1] + height(x[i + 1])));
    x[0] = area / height(edge);
    return {
      edge,
      width: Float32Array.from(x, (v) => v / 2 ** 23),
      inside: x.map((v, i) => Math.floor(((i ? (i > 1 ? x[i - 1] : 0) : edge) / v) * 2 ** 23)),
      density: Float32Array.from(x, (v, i) => (i ? height(v) : 1)),
    };
  }
}

// What `sampling.noise(1, n, seed)` draws in Python: a seed is the same ship in both.
function satganNoise(seed, n) {
  return Float32Array.from({ length: n }, satganRandom(seed).normal);
}
