"use strict";

// A reader pushes an artist in the plane: which islands are wished, how much the wish weighs, and where the points end. The
// arithmetic is in push.js, the picture in stage.js.
//
//   <div data-plane="push"> what is shown where scripts are off </div>
satgan.planePushing = (place) => {
  const { make, button } = satgan;
  const { parts, walk } = planePush(), targets = planeTargets(), target = targets.ring();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const NAMES = ["east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east"]; // of the islands
  const POINTS = 300, STEPS = 60, LOOP = 4000; // milliseconds from noise to islands, with a rest at the end
  const { normal } = satganRandom(1);
  const noise = Float64Array.from({ length: 2 * POINTS }, normal), real = targets.sample(target, POINTS, satganRandom(2));
  const state = { wished: NAMES.map((_, k) => [7, 0, 1].includes(k)), weight: 1 };
  let stops, held = calm ? 1 : null, begun = performance.now(), frame = 0;

  // ---- What is seen
  const canvas = make("canvas", { role: "img", "aria-label": "Being drawn", class: "plane-canvas" });
  const stage = satgan.planeStage(canvas);
  const time = (now) => held ?? Math.min(1, ((now - begun) % LOOP) / (0.7 * LOOP));
  function paint(now) {
    frame = 0;
    const t = time(now), at = stage.along(stops, t);
    const arrows = parts(at, t, target, state.wished, state.weight);
    stage.pushed({ real, at, ...arrows, islands: target.centres, wished: state.wished }, { artist: boxes[0].checked, reader: boxes[1].checked });
    slider.value = Math.round(100 * t);
    out.textContent = `t = ${t.toFixed(2)}`;
    slider.setAttribute("aria-valuetext", t === 0 ? "0, noise" : t === 1 ? "1, islands" : t.toFixed(2));
    if (held === null && seen) draw();
  }
  const draw = () => (frame ||= requestAnimationFrame(paint));
  let seen = true; // nothing moves where nobody looks
  new IntersectionObserver(([entry]) => ((seen = entry.isIntersecting), draw())).observe(canvas);
  addEventListener("resize", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  // ---- In words
  const percent = (x) => `${Math.round(100 * x)} %`;
  function words() {
    const counts = targets.visits(stops.at(-1), target), wished = NAMES.filter((_, k) => state.wished[k]);
    const on = counts.reduce((sum, n, k) => sum + (state.wished[k] ? n : 0), 0) / POINTS;
    if (!wished.length || !state.weight) return `${wished.length ? "With weight 0 the reader is silent" : "Nothing is wished"}: the points share all eight islands, ${counts.map((n) => percent(n / POINTS)).join(", ")}.`;
    const each = wished.map((name) => `${name} ${percent(counts[NAMES.indexOf(name)] / POINTS)}`).join(", ");
    return `${percent(on)} of the points end at a wished island: ${each}. The exact p(x|y) has ${percent(1 / wished.length)} at each.`;
  }
  let quiet = 0;
  function changed() {
    stops = walk(noise, target, state.wished, state.weight, STEPS);
    const text = words();
    sentence.textContent = text;
    canvas.setAttribute("aria-label", `Eight islands on a ring, and points on their way to them. ${text}`);
    clearTimeout(quiet);
    quiet = setTimeout(() => (status.textContent = text), 1000);
    islands.forEach((island, k) => island.setAttribute("aria-pressed", state.wished[k]));
    weighs.textContent = `w = ${state.weight}`;
    place.dataset.weight = state.weight;
    draw();
  }

  // ---- Controls
  const wish = (k) => {
    state.wished[k] = !state.wished[k];
    changed();
  };
  const islands = NAMES.map((name, k) => button(name, () => wish(k), { "aria-pressed": "false" }));
  canvas.addEventListener("click", (event) => {
    const [x, y] = stage.inThePlane(event);
    const k = target.centres.findIndex(([a, b]) => Math.hypot(a - x, b - y) < 0.6);
    if (k >= 0) wish(k);
  });
  const weight = make("input", { type: "range", min: 0, max: 16, step: 0.5, value: state.weight, "aria-label": "Guidance weight", oninput: () => {
    state.weight = +weight.value;
    changed();
  } });
  const weighs = make("output", { class: "plane-time" });
  const hold = (t) => {
    held = t;
    loop.setAttribute("aria-pressed", "false");
    draw();
  };
  const slider = make("input", { type: "range", min: 0, max: 100, value: 0, "aria-label": "Time on the way from noise to islands", oninput: () => hold(slider.value / 100) });
  const out = make("output", { class: "plane-time" }, "t = 0.00");
  const loop = button("Loop", () => {
    if (held === null) return hold(slider.value / 100);
    held = null;
    begun = performance.now();
    loop.setAttribute("aria-pressed", "true");
    draw();
  }, { "aria-pressed": "true", hidden: calm ? "" : null });
  const boxes = ["The artist's velocity", "The reader's push"].map((text) => {
    const box = make("input", { type: "checkbox", onchange: draw });
    box.checked = true;
    box.label = make("label", { class: "plane-check" }, box, text);
    return box;
  });
  const key = (name, text) => make("span", { class: `plane-key plane-${name}` }, text);
  const sentence = make("p", { class: "plane-sentence" }, "…");
  const status = make("p", { class: "satgan-unseen", role: "status" });
  const box = make(
    "div",
    { class: "satgan-live plane", role: "group", "aria-label": "A reader pushes an artist in the plane" },
    make("p", {}, "Choose the islands that you wish for, here or in the picture."),
    make("div", { class: "satgan-row plane-islands", role: "group", "aria-label": "Wished islands" }, ...islands),
    make("div", { class: "plane-stage" }, make("div", { class: "plane-over" }, weighs, weight), canvas, make("div", { class: "plane-over" }, out, slider, loop),
      make("p", { class: "plane-legend" }, key("real", "the artist's islands"), key("carried", "on the way, and the artist's velocity"), key("push", "the reader's push")),
      make("div", { class: "plane-over" }, ...boxes.map(({ label }) => label)), sentence),
    status,
  );
  changed();
  place.replaceChildren(box);
  place.dataset.ready = Math.round(performance.now());
  draw();
};
