"use strict";

// "The flow draws", a part of the explorer: from noise to a ship in steps along a velocity, each step as it is made.
//
//   const flow = satgan.flowDraws({ source, flow, load, numbers, ask, parts, looked });
//   page.append(flow.element);
//
// source: the chips that the flow learned from; flow: {megabytes, shrink}, what is known before its network is there;
// load(): promises that the worker has the network; numbers(name, inputs): promises what that network gives, in the worker;
// ask(null, [x]): promises what judge and ruler say of an image; parts: how the explorer makes its elements and sentences;
// looked(drawn): is told what has been drawn from the present noise, [{seed, solver, steps, rgb, p, measured}, ...].

// One step each, as satgan_tutorial/solvers.py has them: from x and t, with the velocity v there, to where x is after dt.
satgan.solvers = {
  async euler(velocity, x, v, t, dt) {
    return x.map((value, i) => value + dt * v[i]);
  },
  async heun(velocity, x, v, t, dt) {
    const ahead = await velocity(x.map((value, i) => value + dt * v[i]), t + dt);
    return x.map((value, i) => value + (dt / 2) * (v[i] + ahead[i]));
  },
};

satgan.flowDraws = ({ source, flow, load, numbers, ask, parts, looked }) => {
  const { make, button, solvers } = satgan;
  const { chip, range, group, paint, describe, percent, calm, largest } = parts;
  const NAMES = { euler: "Euler", heun: "Heun" };
  let run = 0; // counts the drawings; one that is no longer the latest ends where it is
  let drawing = false, frames = [], drawn = [];

  // ---- The elements.
  const now = chip(), end = chip();
  const pictures = make("div", { class: "satgan-pair" }, figure(now, "where it is: x at time t"), figure(end, "where that would end: E[x | x at t]"));
  const where = make("p", { class: "satgan-where" });
  const result = make("p");
  const told = make("p", { class: "satgan-unseen", role: "status" });
  const slider = range("Steps made", () => show(Math.min(+slider.value, frames.length - 1)), { min: 0, step: 1, value: 0 });
  const start = button("Draw", () => (drawing ? stop() : draw()), { class: "satgan-new" });
  const seed = make("input", { type: "number", min: 0, max: largest, step: 1, value: 0, inputmode: "numeric", "aria-label": "Seed of the flow's noise", onchange: () => fresh(seed.value) });
  const steps = choice("Steps", [2, 4, 8, 16, 32].map((n) => [n, n]), 8);
  const solver = choice("Solver", Object.entries(NAMES), "euler");
  const kept = make("div", { class: "satgan-drawn" });
  const code = make("code");
  const element = group(
    "The flow draws",
    make("p", {}, "Another network, of another family, draws in steps. It looks at a noisy picture and says for each pixel which way to go, and how fast. Noise at t = 0 follows this, and at t = 1 it is a ship. On the left you see where it is. On the right you see where it would end if it went straight on from there: the network's guess at the mean of all ships that may still come of it."),
    make("div", { class: "satgan-row" }, start, button("New noise", () => fresh(Math.floor(Math.random() * 1e4))), make("label", {}, "Seed ", seed), make("label", {}, "Steps ", steps), make("label", {}, "Solver ", solver)),
    pictures,
    slider,
    where,
    result,
    kept,
    make("details", {}, make("summary", {}, "The Python that draws this ship"), make("pre", { tabindex: 0 }, code)),
    told,
  );
  element.classList.add("satgan-flow");

  function figure(canvas, words) {
    return make("div", {}, canvas, make("p", { class: "satgan-small" }, words));
  }

  function choice(label, options, first) {
    const element = make("select", { "aria-label": label, onchange: begin }, ...options.map(([value, text]) => make("option", { value }, text)));
    element.value = first;
    return element;
  }

  // ---- What is shown.

  // Said at most once a second; what comes in between gives way to what comes last.
  let waiting = 0, since = -1000;
  function say(text) {
    clearTimeout(waiting);
    waiting = setTimeout(() => ([told.textContent, since] = [text, performance.now()]), Math.max(0, since + 1000 - performance.now()));
  }

  const bytes = (x) => Uint8ClampedArray.from(x, (v) => (v + 1) * 127.5);
  const place = (at) => `Step ${at} of ${steps.value}, t = ${+frames[at].t.toFixed(3)}`;

  function show(at) {
    const frame = frames[at], words = place(at);
    slider.value = at;
    slider.setAttribute("aria-valuetext", words);
    where.textContent = words;
    paint(now, frame.now, at ? `The picture at t = ${+frame.t.toFixed(3)}` : "Noise");
    if (frame.end) return paint(end, frame.end, `Where the picture at t = ${+frame.t.toFixed(3)} would end`);
    end.getContext("2d").clearRect(0, 0, end.width, end.height);
    end.setAttribute("aria-label", "Nothing yet: the network has not been asked");
  }

  // Back to the noise, whatever was being drawn.
  function begin() {
    const z = Float64Array.from(satganNoise(+seed.value, 3 * now.width * now.height));
    frames = [{ t: 0, x: z, now: bytes(z) }];
    stop();
    slider.max = steps.value;
    result.textContent = "";
    code.textContent = python();
    show(0);
  }

  function fresh(to) {
    seed.value = Math.round(Math.min(largest, Math.max(0, +to || 0)));
    drawn = [];
    kept.replaceChildren();
    begin();
  }

  const python = () =>
    [
      "from satgan_tutorial import models, plots, sampling, show",
      "",
      `flow = models.load("flow", "${source}")`,
      `sampling.solve_with(flow, "${solver.value}", steps=${steps.value})`,
      `image = sampling.sample(flow, 1, seed=${seed.value})`,
      'show(plots.sheet(image, width=2), alt="A ship that a flow drew.")',
    ].join("\n");

  // ---- What happens.
  function stop() {
    run++;
    if (drawing) say("Stopped.");
    rest();
  }

  function rest() {
    drawing = false;
    start.textContent = frames.length > 1 ? "Draw again" : "Draw";
  }

  async function draw() {
    begin();
    const mine = run;
    drawing = true;
    start.textContent = "Stop";
    result.textContent = `The network is loaded once, ${flow.megabytes} MB.`;
    const failure = await load().then(() => null, (error) => error);
    if (mine !== run) return;
    result.textContent = "";
    if (failure) {
      rest();
      result.textContent = `The network is not here: ${failure.message}. Draw to try again.`;
      say(result.textContent);
      return;
    }
    await follow(mine, +steps.value, solver.value);
  }

  async function follow(mine, n, solver) {
    const velocity = (x, t) => numbers("flow", [x, [t]]);
    const time = (k) => 1 - (1 - k / n) ** flow.shrink;
    let x = frames[0].x;
    for (let k = 0; k < n; k++) {
      const t = time(k), v = await velocity(x, t);
      if (mine !== run) return;
      frames[k] = { t, now: bytes(x), end: bytes(x.map((value, i) => value + (1 - t) * v[i])) };
      if (!calm) show(k);
      where.textContent = place(k);
      say(place(k));
      x = await solvers[solver](velocity, x, v, t, time(k + 1) - t);
      if (mine !== run) return;
    }
    const rgb = bytes(x);
    frames[n] = { t: 1, now: rgb, end: rgb };
    show(n);
    const { p, measured } = await ask(null, [x]);
    if (mine !== run) return;
    rest();
    const one = { seed: +seed.value, solver, steps: n, rgb, p, measured };
    drawn = [...drawn.filter((other) => other.solver !== solver || other.steps !== n), one].sort((a, b) => a.steps - b.steps);
    result.textContent = `${describe(measured)} The classifier gives it ${percent(p)} for ship.`;
    say(`Drawn in ${n} steps. ${result.textContent}`);
    kept.replaceChildren(...drawn.map(({ solver, steps, rgb, p }) => {
      const canvas = chip(), words = `${steps} steps, ${NAMES[solver]}`;
      paint(canvas, rgb, `Drawn in ${words}`);
      return figure(canvas, `${words}: ${percent(p)} ship`);
    }));
    looked(drawn);
  }

  fresh(0);
  return { element };
};
