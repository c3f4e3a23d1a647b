"use strict";

// Trains the GAN of gan.js on small chips, and shows what it draws. It runs in a worker, so that the page stays free.
//
// The page sends {start: {seed}}, {chips: bytes}, {play: true}, {pause: true} or {update: n}; back come looks (`look` below).
// Chips are bytes: of each chip the red, then the green, then the blue, 24 x 24 pixels each, row by row.
//
// All random numbers follow from the seed: NumPy's default_rng(8 * seed + stream) gives them in Python.
function shipsTraining(postMessage, kernel = planeKernel(shipsProduct(), Float32Array, 8)) {
  const networks = planeNetworks(kernel, Float32Array), gan = shipsGan(networks, planeLosses());
  const STREAMS = ["weights", "chips", "noise", "looks"];
  const BATCH = 32, SHOWN = 32, EVERY = 1000; // chips of an update; pictures of a look, and milliseconds from one to the next
  const { SIDE, LATENT } = gan, PIXELS = SIDE * SIDE;

  // The eight ways to turn and mirror a square: which pixel comes to each place.
  const TURNS = Array.from({ length: 8 }, (_, way) =>
    Int32Array.from({ length: PIXELS }, (_, i) => {
      let y = Math.floor(i / SIDE), x = i % SIDE;
      if (way & 1) x = SIDE - 1 - x;
      if (way & 2) y = SIDE - 1 - y;
      return way & 4 ? x * SIDE + y : y * SIDE + x;
    }),
  );

  let chips = null, random, game, shown, step, seconds, seen;
  const normals = (stream, n) => Float32Array.from({ length: n }, random[stream].normal);

  function start({ seed }) {
    random = Object.fromEntries(STREAMS.map((name, i) => [name, satganRandom(8 * seed + i)]));
    game = gan.create(random.weights.uniform);
    shown = normals("looks", SHOWN * LATENT);
    [step, seconds, seen] = [0, 0, {}];
  }

  // A batch of real ships, each turned in one of the eight ways.
  function batch() {
    const real = new Float32Array(3 * BATCH * PIXELS), { uniform } = random.chips;
    for (let k = 0; k < BATCH; k++) {
      const chip = Math.floor((uniform() * chips.length) / (3 * PIXELS)), turn = TURNS[Math.floor(8 * uniform())];
      for (let c = 0; c < 3; c++) {
        const from = (3 * chip + c) * PIXELS, to = (c * BATCH + k) * PIXELS;
        for (let i = 0; i < PIXELS; i++) real[to + i] = chips[from + turn[i]] / 127.5 - 1;
      }
    }
    return real;
  }

  function update() {
    networks.forget(); // no pass outlives its update
    seen = gan.step(game, batch(), normals("noise", BATCH * LATENT));
    step++;
  }

  function look(more = {}) {
    networks.forget();
    const drawn = Uint8ClampedArray.from(gan.sample(game, shown), (v) => 127.5 * (v + 1));
    postMessage({ step, seconds, ...seen, drawn, ...more });
  }

  // ---- The clock: an update after the other, with room for what the page sends in between.
  let playing = false, before = 0, next = 0;
  const soon = new MessageChannel(); // sooner than a timer of 0 ms, which browsers round up to 4
  soon.port1.onmessage = () => run();

  function run() {
    if (!playing) return;
    update();
    const now = performance.now();
    seconds += (now - before) / 1000;
    before = now;
    if (now >= next) {
      look();
      next = now + EVERY;
    }
    soon.port2.postMessage(null);
  }

  return ({ data }) => {
    if (data.chips) chips = data.chips;
    if (data.start) {
      playing = false;
      start(data.start);
      look({ started: true });
    }
    if (data.play && !playing) {
      [playing, before, next] = [true, performance.now(), 0];
      run();
    }
    if (data.pause) {
      playing = false;
      look({ paused: true });
    }
    if (data.update) {
      playing = false;
      const began = performance.now();
      for (let k = 0; k < data.update; k++) update();
      seconds += (performance.now() - began) / 1000;
      look({ paused: true });
    }
  };
}

// Starts it in a worker, with all that it needs.
satgan.shipsWorker = (look) =>
  satgan.worker(shipsTraining, [satganRandom, planeKernel, shipsProduct, planeNetworks, planeLosses, shipsGan], look);
