"use strict";

// Trains a GAN and a flow on the same points, and says how they look. It runs in a worker, so that the page stays free.
//
// The page sends {start: settings}, {change: settings}, {play: updates per second}, {pause: true}, {part: true} or {update: n};
// back come looks (`look` below). Settings: {target, seed, batch, latent, loss, r1, dRate, gRate, flowRate, gan, flow}.
//
// All random numbers follow from the seed: NumPy's default_rng(8 * seed + stream) gives them in Python.
function planeTraining(postMessage, kernel = planeKernel()) {
  const targets = planeTargets(), networks = planeNetworks(kernel), losses = planeLosses();
  const gan = planeGan(networks, losses), flow = planeFlow(networks);

  const STREAMS = ["points", "ganNoise", "ganWeights", "flowNoise", "flowTimes", "flowWeights", "looks"];
  const SHOWN = 400, FOLLOWED = 240, STOPS = 10; // fakes, particles, steps of the solver
  const SIDE = 48, EXTENT = 3.2, COARSE = 13; // places at which D is asked, and at which the velocity is
  const COUNTED = 25; // updates from one row of the curves to the next
  const square = (side) =>
    Float64Array.from({ length: 2 * side * side }, (_, i) => {
      const k = i & 1 ? Math.floor((i >> 1) / side) : (i >> 1) % side;
      return EXTENT * ((2 * k + 1) / side - 1);
    });
  const places = square(SIDE), fewPlaces = square(COARSE);

  let settings, random, game, model, step, under, seen, rows, sums, shown;

  // ---- The training
  const normals = (stream, n) => Float64Array.from({ length: n }, random[stream].normal);

  function start(given) {
    settings = given;
    random = Object.fromEntries(STREAMS.map((name, i) => [name, satganRandom(8 * settings.seed + i)]));
    game = gan.create(settings, random.ganWeights.uniform);
    model = flow.create({}, random.flowWeights.uniform);
    shown = { noise: normals("looks", SHOWN * settings.latent), from: normals("looks", 2 * FOLLOWED) };
    shown.real = targets.sample(settings.target, SHOWN, random.looks);
    [step, under, seen, rows, sums] = [0, null, {}, [], null];
    count();
  }

  function change(given) {
    if (given.target) shown.real = targets.sample(given.target, SHOWN, random.looks);
    Object.assign(settings, given);
  }

  // One update of both, with a stop after each part; the flow's four parts go along with the first four of the GAN.
  function* update() {
    networks.forget(); // no pass outlives its update
    const real = targets.sample(settings.target, settings.batch, random.points);
    const parts = [];
    if (settings.gan) parts.push(gan.update(game, real, normals("ganNoise", settings.batch * settings.latent), settings));
    if (settings.flow) {
      const times = Float64Array.from({ length: settings.batch }, random.flowTimes.uniform);
      parts.push(flow.update(model, real, normals("flowNoise", 2 * settings.batch), times, { rate: settings.flowRate }));
    }
    seen = { gan: { real }, flow: { real } };
    for (let part = 1; ; part++) {
      const now = parts.map((each) => each.next());
      if (now.every(({ done }) => done)) break;
      if (settings.gan) Object.assign(seen.gan, now[0].value);
      if (settings.flow) Object.assign(seen.flow, now[now.length - 1].value);
      seen.part = part;
      yield part;
    }
    step++;
    note();
  }

  function finish() {
    under ??= update();
    while (!under.next().done);
    under = null;
  }

  // ---- What the curves show: a row for every 25 updates, losses in the mean since the last one.
  function note() {
    sums ??= { n: 0, dLoss: 0, gLoss: 0, loss: 0 };
    sums.n++;
    sums.dLoss += seen.gan.dLoss;
    sums.gLoss += seen.gan.gLoss;
    sums.loss += seen.flow.loss;
    if (step % COUNTED === 0) count();
  }

  function count() {
    const row = { step };
    if (settings.gan) {
      const fakes = gan.sample(game, shown.noise);
      row.gan = { visits: targets.visits(fakes, settings.target), n: SHOWN };
      if (sums) Object.assign(row.gan, { dLoss: sums.dLoss / sums.n, gLoss: sums.gLoss / sums.n });
    }
    // To follow the flow takes as long as many updates, so every second row goes without.
    if (settings.flow && (step / COUNTED) % 2 === 0) {
      row.flow = { visits: targets.visits(flow.follow(model, shown.from, STOPS).pop(), settings.target), n: FOLLOWED };
    }
    if (settings.flow && sums) row.flow = { ...row.flow, loss: sums.loss / sums.n };
    for (const family of ["gan", "flow"]) {
      if (row[family]?.visits) row[family].covered = targets.covered(row[family].visits, row[family].n);
    }
    rows.push(row);
    sums = null;
  }

  // ---- Looks
  const float = (numbers) => Float32Array.from(numbers);
  const median = (numbers) => numbers.sort()[numbers.length >> 1]; // of a typed array

  function lookAtGan() {
    const fakes = gan.sample(game, shown.noise);
    const { discriminator } = game, { generator: gLoss } = losses[settings.loss];
    const judged = networks.forward(discriminator, fakes, SHOWN);
    const real = settings.loss === "relativistic" ? networks.forward(discriminator, shown.real, SHOWN).out : null;
    const { atFake } = gLoss(real, judged.out);
    const pushes = gan.pushes(networks.backward(discriminator, judged, atFake, { input: true }).input);
    const lengths = Float64Array.from({ length: SHOWN }, (_, i) => Math.hypot(pushes[2 * i], pushes[2 * i + 1]));
    const look = { fakes: float(fakes), pushes: float(pushes), believes: median(judged.out.map(losses.sigmoid)) };
    Object.assign(look, { push: median(lengths), field: float(gan.judge(game, places)) });
    look.visits = targets.visits(fakes, settings.target);
    look.covered = targets.covered(look.visits, SHOWN);
    return Object.assign(look, { n: SHOWN, dLoss: seen.gan?.dLoss, gLoss: seen.gan?.gLoss });
  }

  function lookAtFlow() {
    const stops = flow.follow(model, shown.from, STOPS);
    const fields = stops.map((_, k) => float(flow.velocityAt(model, fewPlaces, k / STOPS)));
    const visits = targets.visits(stops[STOPS], settings.target);
    return { stops: stops.map(float), fields, visits, covered: targets.covered(visits, FOLLOWED), n: FOLLOWED, loss: seen.flow?.loss };
  }

  // What a look of one part shows: the batch itself.
  function lookAtPart() {
    const part = { number: seen.part, real: float(seen.gan.real) };
    const { noise, fake, atFake, moved, dLoss, gLoss } = seen.gan;
    if (settings.gan) {
      part.gan = { noise: float(noise), dLoss, gLoss, latent: settings.latent };
      if (fake) part.gan.fakes = float(fake);
      if (fake) part.gan.field = float(gan.judge(game, places));
      if (atFake) part.gan.pushes = float(gan.pushes(atFake));
      if (moved) part.gan.moved = float(moved());
    }
    if (settings.flow) {
      const { noise, times, way, target, guess, loss } = seen.flow;
      part.flow = { noise: float(noise), times: float(times), loss };
      if (way) Object.assign(part.flow, { way: float(way), target: float(target) });
      if (guess) part.flow.guess = float(guess);
    }
    return part;
  }

  // While it plays, a look comes at most every so many milliseconds, and on a slow machine more seldom: it may take a tenth of
  // the time. Which update it is costs nothing, and is said four times a second.
  const next = { gan: 0, flow: 0, step: 0 };
  function look({ gan: every = 0, flow: seldom = 0, ...more } = {}) {
    const now = performance.now(), due = { gan: settings.gan && (!every || now >= next.gan), flow: settings.flow && (!seldom || now >= next.flow) };
    if (!due.gan && !due.flow && !more.part && !more.paused && now < next.step) return;
    next.step = now + 250;
    if (!under) networks.forget();
    const said = { step, rows, real: float(shown.real), rate: speed(), ...more };
    rows = [];
    const timed = (family, at, least) => {
      const began = performance.now();
      said[family] = at();
      next[family] = began + Math.max(least, 10 * (performance.now() - began));
    };
    if (due.gan) timed("gan", lookAtGan, every);
    if (due.flow) timed("flow", lookAtFlow, seldom);
    postMessage(said);
  }

  // ---- The clock: as many updates a second as are asked for, or as many as there is time for.
  let playing = 0, until = Infinity, due = 0, before = 0, timer = 0;
  const made = []; // when, and how many updates there were then
  const soon = new MessageChannel(); // sooner than a timer of 0 ms, which browsers round up to 4
  soon.port1.onmessage = () => run();

  function speed() {
    const now = performance.now();
    made.push([now, step]);
    while (made.length > 2 && now - made[0][0] > 1000) made.shift();
    const [[then, first]] = made;
    return now > then ? (1000 * (step - first)) / (now - then) : 0;
  }

  function run() {
    timer = 0;
    if (!playing) return;
    const began = performance.now();
    due = Math.min(due + ((began - before) / 1000) * playing, 1 + playing / 20);
    before = began;
    while (due >= 1 && step < until && performance.now() - began < 16) {
      finish();
      due--;
    }
    if (step >= until) return pause();
    look({ gan: 33, flow: 250 });
    const wait = due >= 1 ? 0 : (1000 * (1 - due)) / playing;
    if (wait > 4) timer = setTimeout(run, wait);
    else soon.port2.postMessage(null);
  }

  function pause() {
    playing = 0;
    clearTimeout(timer);
    look({ paused: true });
  }

  function play(rate, stop = Infinity) {
    const idle = !playing;
    [playing, until, due, before] = [rate, stop, 1, performance.now()];
    if (under) finish();
    if (idle) {
      made.length = 0;
      run();
    }
  }

  function advance(part) {
    playing = 0;
    under ??= update();
    if (under.next().done) {
      under = null;
      if (part) return advance(part); // the first part of the next one
    }
    look({ part: lookAtPart() });
  }

  return ({ data }) => {
    if (data.start) {
      playing = 0;
      start(data.start);
      look({ started: true });
    }
    if (data.change) {
      change(data.change);
      if (!playing) look();
    }
    if (data.play) play(data.play, data.until);
    if (data.pause) pause();
    if (data.part) advance(true);
    if (data.update) {
      playing = 0;
      for (let k = 0; k < data.update; k++) finish();
      look({ paused: true });
    }
  };
}

// Starts it in a worker, with all that it needs.
satgan.planeWorker = (look) =>
  satgan.worker(planeTraining, [satganRandom, planeTargets, planeProduct, planeKernel, planeNetworks, planeLosses, planeGan, planeFlow], look);
