"use strict";

// The game in the plane: what a reader sees and does. The training itself is in training.js, the pictures in stage.js.
//
//   <div data-plane="both"> what is shown where scripts are off </div>    a GAN and a flow, side by side; also "gan" or "flow"
satgan.planeGame = (place) => {
  const { make, button } = satgan;
  const targets = planeTargets();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const kind = place.dataset.plane;
  const families = kind === "both" ? ["gan", "flow"] : [kind];
  const fresh = { target: "ring", seed: 1, batch: 128, latent: 2, loss: "non_saturating", r1: 0, dRate: 3e-3, gRate: 3e-3, flowRate: 2e-3 };
  const state = { ...fresh, ...satgan.planeLink.read(location.hash), gan: families.includes("gan"), flow: families.includes("flow") };
  state.dots ??= [];
  let latest = {}, history = [], playing = false, held = null, before = null, since = 0, frame = 0, painted = 0, stale = true, changedSince = false;

  // ---- What is learned
  const NAMES = { ring: "Ring", moons: "Two moons", lattice: "Lattice", drawn: "Draw your own" };
  const islands = () => ({ ring: "islands", moons: "moons", lattice: "islands", drawn: "pieces" })[state.target];
  const target = () => (state.target === "drawn" && state.dots.length ? targets.drawn(state.dots) : targets[state.target === "drawn" ? "ring" : state.target]());
  const nothing = () => state.target === "drawn" && !state.dots.length;

  // ---- Stages: a canvas, a sentence and the curves of each family.
  const stages = Object.fromEntries(families.map((family) => [family, stage(family)]));

  function stage(family) {
    const canvas = make("canvas", { role: "img", "aria-label": "Being drawn", class: "plane-canvas" });
    const draw = satgan.planeStage(canvas);
    const sentence = make("p", { class: "plane-sentence" }, "…");
    const title = { gan: "GAN: forger and expert", flow: "Flow: noise on its way" }[family];
    const curves = satgan.planeCurves(family);
    const parts = [make("p", { class: "satgan-title" }, title), canvas, { gan: layers, flow: clock }[family](), legend(family), sentence];
    const element = make("div", { class: "plane-stage", role: "group", "aria-label": title }, ...parts, curves.element);
    listen(canvas, draw);
    return { canvas, draw, sentence, curves, element };
  }

  function legend(family) {
    const key = (name, text) => make("span", { class: `plane-key plane-${name}` }, text);
    const keys = { gan: [key("real", "real"), key("fake", "fake"), key("says-real", "D: real"), key("says-fake", "D: fake")], flow: [key("real", "real"), key("carried", "drawn by the flow"), key("arrow", "velocity")] };
    return make("p", { class: "plane-legend" }, ...keys[family]);
  }

  // What is drawn over the plane of the GAN.
  function layers() {
    const boxes = ["What D says", "Arrows"].map((text) => {
      const tick = make("input", { type: "checkbox", onchange: draw });
      tick.checked = true;
      return [tick, make("label", { class: "plane-check" }, tick, text)];
    });
    [[layers.says], [layers.arrows]] = boxes;
    return make("div", { class: "plane-over" }, ...boxes.map(([, label]) => label));
  }

  // Where the flow's particles are on their way: it goes round by itself while the training plays, or is held.
  function clock() {
    const slider = make("input", { type: "range", min: 0, max: 100, value: calm ? 100 : 0, "aria-label": "Time on the way from noise to points", oninput: () => hold(slider.value / 100) });
    const out = make("output", { class: "plane-time" }, "t = 1.00");
    const loop = button("Loop", () => (held === null ? hold(slider.value / 100) : release()), { "aria-pressed": "true", hidden: calm ? "" : null });
    clock.show = (t) => {
      slider.value = Math.round(100 * t);
      out.textContent = `t = ${t.toFixed(2)}`;
      slider.setAttribute("aria-valuetext", t === 0 ? "0, noise" : t === 1 ? "1, points" : t.toFixed(2));
    };
    const hold = (t) => {
      held = t;
      loop.setAttribute("aria-pressed", "false");
      draw();
    };
    const release = () => {
      held = null;
      loop.setAttribute("aria-pressed", "true");
    };
    return make("div", { class: "plane-over" }, out, slider, loop);
  }
  const LOOP = 3200; // milliseconds from noise to points, with a rest at the end
  const time = (now) => held ?? (calm || !playing ? 1 : Math.min(1, (now % LOOP) / (0.75 * LOOP)));

  // ---- Pictures: both stages when there is something new, and the flow's some thirty times a second while its particles move
  const REST = 25; // milliseconds, so that at 60 frames a second every other one is left to the training
  function draw() {
    stale = true;
    frame ||= requestAnimationFrame(paint);
  }
  function paint(now) {
    frame = 0;
    if (!stale && now < painted + REST) return void (frame = requestAnimationFrame(paint));
    painted = now;
    const cursor = (canvas) => (state.target === "drawn" && document.activeElement === canvas ? pencil : null);
    for (const [family, { canvas, draw }] of Object.entries(stages)) {
      const look = latest[family];
      if (!look || (family === "gan" && !stale)) continue;
      const real = latest.real;
      if (latest.part?.[family]) draw[`${family}Part`](latest.part, before);
      else if (family === "gan") draw.gan({ ...look, real: nothing() ? [] : real }, { arrows: layers.arrows.checked, says: layers.says.checked });
      else draw.flow({ ...look, real: nothing() ? [] : real }, { t: time(now) });
      if (state.target === "drawn") draw.dots(state.dots, cursor(canvas));
    }
    stale = false;
    if (stages.flow) clock.show(time(now));
    if (playing && stages.flow && held === null && !calm) frame ||= requestAnimationFrame(paint);
  }
  addEventListener("resize", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  // ---- What the training says
  const send = satgan.planeWorker((look) => {
    if (look.started) [history, latest] = [[], {}];
    for (const row of look.rows) history.push(row);
    before = look.part?.number === 4 ? latest.field : before;
    latest = { ...latest, ...look, part: look.part ?? null };
    if (look.part?.gan?.field && look.part.number !== 4) latest.field = look.part.gan.field;
    if (look.paused || look.part) moves(false);
    if (look.started || look.rows.length) for (const family of families) stages[family].curves.show(history, target().count, islands());
    describe();
    if (playing || look.paused || look.part || look.started) say();
    tasks?.look({ ...latest, history, state, changedSince });
    draw();
    place.dataset.step = look.step;
    if (!place.dataset.ready) {
      place.replaceChildren(box);
      place.dataset.ready = Math.round(performance.now());
      draw();
    }
  });
  const settings = () => ({ ...state, target: target() });
  const restart = () => {
    changedSince = false;
    delete state.step;
    moves(false);
    send({ start: settings() });
  };
  const change = (some) => {
    Object.assign(state, some);
    if (latest.step) changedSince = true;
    const restarts = ["seed", "latent"].some((name) => name in some);
    if (restarts) return restart();
    send({ change: "target" in some || "dots" in some ? { ...some, target: target() } : some });
  };

  // ---- In words
  const percent = (x) => `${Math.round(100 * x)} %`;
  const count = (covered) => covered.filter(Boolean).length;
  const on = ({ visits, n }) => visits.reduce((a, b) => a + b, 0) / n;

  function words(family) {
    const look = latest[family];
    if (!look) return "…";
    if (nothing()) return "Draw the points that it shall learn.";
    const { covered } = look;
    const share = `${percent(on(look))} of its points are on target.`;
    return covered.length > 1 ? `Covers ${count(covered)} of ${covered.length} ${islands()}; ${share}` : share;
  }

  const PARTS = [
    () => `Part 1 of 7: noise. ${state.batch} draws of ${state.latent === 1 ? "one random number" : `${state.latent} random numbers`} from a standard normal.`,
    () => "Part 2 of 7: fakes. The generator turns each draw into a point.",
    ({ dLoss }) => `Part 3 of 7: D judges real points and fakes. Its loss is ${dLoss.toFixed(3)}.`,
    () => "Part 4 of 7: D moves. Blue: it says real more than before; orange: less. Darkest: by 0.1.",
    ({ gLoss }) => `Part 5 of 7: the new D judges the fakes. The generator's loss is ${gLoss.toFixed(3)}.`,
    ({ pushes }) => `Part 6 of 7: a gradient arrives at each fake and pushes it. The median push is ${short(middle(pushes))}.`,
    ({ fakes, moved }) => `Part 7 of 7: G moves, and each fake with it, by ${short(middle(moved.map((x, i) => x - fakes[i])))} in the median.`,
  ];
  const FLOW_PARTS = [
    () => "Flow, part 1 of 4: noise, and a time for each real point.",
    () => "Flow, part 2 of 4: straight paths from noise to real points. Arrows: their velocity.",
    ({ loss }) => `Flow, part 3 of 4: the network guesses the velocity (purple). Its loss is ${loss.toFixed(3)}.`,
    () => "Flow, part 4 of 4: the network moves towards the velocities.",
  ];
  const middle = (moves) => Array.from({ length: moves.length / 2 }, (_, i) => Math.hypot(moves[2 * i], moves[2 * i + 1])).sort((a, b) => a - b)[moves.length >> 2];
  const short = (x) => (x >= 0.1 ? x.toFixed(2) : x >= 1e-3 ? x.toFixed(4) : x > 0 ? x.toExponential(0) : "0");

  function describe() {
    const { step, part, rate } = latest;
    stepText.textContent = `update ${step + (part ? 1 : 0)}${playing && rate ? `, ${Math.round(rate)} a second` : ""}`;
    for (const family of families) {
      const { sentence, canvas } = stages[family];
      const text = part?.[family] ? (family === "gan" ? PARTS[part.number - 1](part.gan) : FLOW_PARTS[Math.min(3, part.number - 1)](part.flow)) : words(family);
      if (sentence.textContent !== text) sentence.textContent = text;
      canvas.setAttribute("aria-label", drawing() ?? `${{ gan: "Real points, fakes, and what the discriminator says of the plane", flow: "Real points, and particles on their way to them" }[family]}. ${text}`);
    }
  }

  // A screen reader hears of it at most once a second, and while it plays only every five, except for what is `told`: where the
  // pencil is, or that a task is done.
  let heard = "", quiet = 0, news = null;
  function say(told) {
    clearTimeout(quiet);
    news = told ?? news;
    const pause = playing && !news ? 5000 : 1000;
    quiet = setTimeout(() => {
      const text = news ?? [`Update ${latest.step}.`, ...families.map((family) => `${{ gan: "GAN", flow: "Flow" }[family]}: ${stages[family].sentence.textContent}`)].join(" ");
      news = null;
      if (text === heard || !latest.real) return;
      [heard, since] = [text, performance.now()];
      status.textContent = text;
    }, Math.max(0, since + pause - performance.now()));
  }

  // ---- Drawing a target: by pointer, or by a cursor that the arrow keys move.
  const pencil = { at: [0, 0], down: false };
  const MOST = 300, GRID = 0.1, EDGE = 3; // dots lie on a grid, so that a link holds them exactly
  const onGrid = (x) => Math.round(Math.max(-EDGE, Math.min(EDGE, x)) / GRID) / (1 / GRID);
  const sameDot = ([a, b]) => ([x, y]) => Math.abs(a - x) < GRID / 2 && Math.abs(b - y) < GRID / 2;
  const drawing = () => (state.target === "drawn" ? `Drawing board with ${state.dots.length} dots. Arrow keys move the cursor, with Shift further. Space draws or takes away a dot, Enter lowers or lifts the pen.` : null);

  function dot(at, toggle = false) {
    const there = at.map(onGrid), found = state.dots.findIndex(sameDot(there));
    if (found >= 0 && !toggle) return;
    if (found < 0 && state.dots.length >= MOST) return;
    const dots = found >= 0 ? state.dots.filter((_, i) => i !== found) : [...state.dots, there];
    drawn(dots);
  }
  function drawn(dots) {
    change({ dots });
    if (nothing()) moves(false), send({ pause: true });
    fit();
    draw();
    if (latest.real) describe();
  }

  function listen(canvas, { inThePlane }) {
    let pressed = false, last = null;
    const put = (event) => {
      const at = inThePlane(event);
      if (last && Math.hypot(at[0] - last[0], at[1] - last[1]) < 0.18) return;
      last = at;
      dot(at);
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (state.target !== "drawn") return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      [pressed, last] = [true, null];
      put(event);
    });
    canvas.addEventListener("pointermove", (event) => pressed && put(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (pressed = false));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, draw);
    canvas.addEventListener("keydown", (event) => {
      if (state.target !== "drawn") return;
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way && event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (event.key === " ") dot(pencil.at, true);
      if (event.key === "Enter") {
        pencil.down = !pencil.down;
        if (pencil.down) dot(pencil.at);
      }
      if (way) pencil.at = pencil.at.map((x, k) => onGrid(x + way[k] * (event.shiftKey ? 0.5 : pencil.down ? 0.2 : 0.1)));
      if (way && pencil.down) dot(pencil.at);
      const [x, y] = pencil.at, aside = x < 0 ? "left" : "right", high = y < 0 ? "down" : "up";
      say(`${Math.abs(x).toFixed(1)} ${aside}, ${Math.abs(y).toFixed(1)} ${high}, pen ${pencil.down ? "down" : "up"}, ${state.dots.length} dots.`);
      draw();
    });
  }

  // ---- Controls
  const choices = Object.entries(NAMES).map(([name, text]) => button(text, () => choose(name), { "data-target": name, "aria-pressed": "false" }));
  const undo = button("Undo", () => drawn(state.dots.slice(0, -1)));
  const wipe = button("Clear", () => drawn([]));
  const pens = make("div", { class: "satgan-row plane-pens" }, make("span", {}, "Draw on the plane with the mouse, a finger or the arrow keys."), undo, wipe);
  function choose(name) {
    state.target = name;
    if (nothing()) moves(false), send({ pause: true });
    fit();
    restart();
    if (name === "drawn") stages[families[0]].canvas.focus({ preventScroll: true });
  }

  const RATES = { "1 a second": 1, "5 a second": 5, "25 a second": 25, "100 a second": 100, "as fast as it can": 1e6 };
  const select = (label, options, value, picked) => {
    const list = make("select", { onchange: () => picked(list.value) }, ...Object.entries(options).map(([text, v]) => make("option", { value: v }, text)));
    list.value = value;
    return { list, element: make("label", { class: "plane-choice" }, make("span", {}, label), list) };
  };
  let pace = 100;
  const speed = select("Speed", RATES, pace, (value) => {
    pace = +value;
    if (playing) send({ play: pace });
  });
  const play = button("Play", () => {
    if (calm) return send({ update: 50 });
    if (playing) return send({ pause: true });
    moves(true);
    send({ play: pace });
    draw();
  }, { class: "satgan-new" });
  const one = button("One update", () => send({ update: 1 }));
  const part = button("One part", () => send({ part: true }));
  const reset = button("Start again", () => restart());
  const stepText = make("output", { class: "plane-step" }, "update 0");
  const status = make("p", { class: "plane-said satgan-unseen", role: "status" });
  const moves = (yes) => {
    playing = yes;
    play.textContent = calm ? "50 updates" : yes ? "Pause" : "Play";
  };
  const transport = make("div", { class: "satgan-row plane-transport" }, play, one, part);
  const pacing = make("div", { class: "satgan-row" }, reset, calm ? "" : speed.element, stepText);

  const numbers = (...values) => Object.fromEntries(values.map((v) => [String(v), v]));
  const rates = numbers(0, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 1e-2, 3e-2);
  const controls = {
    loss: select("GAN's loss", { "non-saturating": "non_saturating", minimax: "minimax", relativistic: "relativistic" }, state.loss, (loss) => change({ loss })),
    r1: select("R1", { none: 0, ...numbers(0.03, 0.1, 0.3, 1) }, state.r1, (r1) => change({ r1: +r1 })),
    dRate: select("D's learning rate", rates, state.dRate, (v) => change({ dRate: +v })),
    gRate: select("G's learning rate", rates, state.gRate, (v) => change({ gRate: +v })),
    flowRate: select("Flow's learning rate", rates, state.flowRate, (v) => change({ flowRate: +v })),
    batch: select("Batch", numbers(16, 32, 64, 128, 256), state.batch, (v) => change({ batch: +v })),
    latent: select("Numbers of noise", numbers(1, 2, 4, 8), state.latent, (v) => change({ latent: +v })),
  };
  const seed = make("input", { type: "number", min: 0, max: 2 ** 28, step: 1, inputmode: "numeric", value: state.seed });
  seed.addEventListener("change", () => {
    seed.value = Math.round(Math.min(2 ** 28, Math.max(0, +seed.value || 0)));
    change({ seed: +seed.value });
  });
  const own = { gan: ["loss", "r1", "dRate", "gRate", "batch", "latent"], flow: ["flowRate", "batch"] };
  const wanted = Object.keys(controls).filter((name) => families.some((family) => own[family].includes(name)));
  const board = make(
    "div",
    { class: "plane-board" },
    ...wanted.map((name) => controls[name].element),
    make("label", { class: "plane-choice" }, make("span", {}, "Seed (starts again)"), seed),
  );

  // Shows what is set, and lets only be pressed what can be.
  function fit() {
    for (const choice of choices) choice.setAttribute("aria-pressed", choice.dataset.target === state.target);
    pens.hidden = state.target !== "drawn";
    undo.disabled = wipe.disabled = !state.dots.length;
    for (const name of wanted) controls[name].list.value = state[name];
    seed.value = state.seed;
    for (const each of [play, one, part]) each.disabled = nothing();
    for (const { canvas } of Object.values(stages)) {
      const board = state.target === "drawn";
      canvas.setAttribute("role", board ? "application" : "img");
      if (board) canvas.tabIndex = 0;
      else canvas.removeAttribute("tabindex");
      canvas.classList.toggle("plane-easel", board);
    }
    code.textContent = satgan.planeLink.python(state, families);
  }

  // What a task sets up: some settings, and all others as they were at first.
  const setUp = (some) => {
    const { step, ...others } = some;
    Object.assign(state, fresh, others);
    fit();
    restart();
    runTo(step);
  };
  const runTo = (step) => {
    if (!step) return;
    if (calm) return send({ update: step });
    moves(true);
    send({ play: 1e6, until: step });
  };

  // ---- To take home
  const copied = make("span", { class: "satgan-copied", role: "status" });
  const code = make("code");
  const link = make("code");
  const take = async (text, element, name) => {
    copied.textContent = (await satgan.copy(text, element)) ? `${name} copied.` : "Select it and copy it.";
    setTimeout(() => (copied.textContent = ""), 3000);
  };
  const share = button("Copy a link to this", () => {
    const { href } = Object.assign(new URL(location), { hash: satgan.planeLink.write(state, changedSince ? 0 : latest.step) });
    link.textContent = href;
    history.length && take(href, link, "Link");
    linked.hidden = false;
  });
  const linked = make("p", { class: "plane-link", hidden: "" }, link);
  const program = make("details", {}, make("summary", {}, "The same game in Python"), make("pre", { tabindex: 0 }, code));

  const tasks = "tasks" in place.dataset || kind === "both" ? satgan.planeTasks({ families, setUp, say }) : null;
  const box = make(
    "div",
    { class: "satgan-live plane", role: "group", "aria-label": "A training in the plane" },
    ...(tasks ? [tasks.element] : []),
    make("div", { class: "satgan-row plane-targets", role: "group", "aria-label": "What is learned" }, ...choices),
    pens,
    transport,
    pacing,
    make("div", { class: "plane-stages" }, ...families.map((family) => stages[family].element)),
    status,
    board,
    make("div", { class: "satgan-row plane-home" }, share, copied),
    linked,
    program,
  );
  moves(false);
  fit();
  send({ start: settings() });
  runTo(state.step);
};
