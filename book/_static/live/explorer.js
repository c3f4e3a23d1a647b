"use strict";

// The live generator: its worker, its controls, and the Python that makes the same ship.

// Starts a worker that draws, judges and measures chips, so that the page stays free. Its program is the text of the
// functions it needs, since a page opened from a folder may not load a worker from a file.
// `ask` promises {rgb, p, measured} for a network by name and its inputs, or for an image if the name is null; what is urgent
// goes first. `numbers` promises what a network gives, as it is.
satgan.engine = (models) => {
  function work() {
    const networks = {};
    onmessage = ({ data }) => {
      if (data.models) {
        for (const name in data.models) networks[name] = satganNetwork().build(data.models[name]);
        return;
      }
      const given = data.model ? networks[data.model](...data.inputs) : data.inputs[0];
      if (data.plain) {
        postMessage(given);
        return;
      }
      const rgb = Uint8ClampedArray.from(given, (v) => (v + 1) * 127.5);
      const [logit] = networks.judge(Array.from(rgb, (v) => v / 127.5 - 1));
      postMessage({ rgb, p: 1 / (1 + Math.exp(-logit)), measured: satganMeasure(rgb) });
    };
  }
  const program = new Blob([`"use strict";${satganNetwork}${satganMeasure}(${work})()`], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(program));
  const add = (models) => worker.postMessage({ models });
  add(models);
  const waiting = [];
  let now = null;

  const next = () => {
    now = waiting.shift() ?? null;
    if (now) worker.postMessage({ model: now.model, inputs: now.inputs, plain: now.plain });
  };
  worker.onmessage = ({ data }) => {
    now.done(data);
    next();
  };
  const ask = (model, inputs, urgent = false, plain = false) =>
    new Promise((done) => {
      waiting[urgent ? "unshift" : "push"]({ model, inputs, plain, done });
      if (!now) next();
    });
  const numbers = (model, inputs) => ask(model, inputs, false, true);
  return { add, ask, numbers, idle: () => !now };
};

// Puts the controls in a place of the page. `more` promises what only the full explorer needs, `flow` and `student` that the
// worker has the network of that name.
satgan.explorer = (place, content, { add, ask, numbers }, more, { flow, student }) => {
  const full = place.dataset.satgan === "explorer";
  const latent = content.models.book.inputs[0][0];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const largest = 2 ** 32 - 1; // of the seeds that noise.js knows
  const noise = (seed) => satganNoise(seed, latent);

  // ---- What is shown: a ship from a seed, on the way to another, moved by the sliders.
  const sliders = [
    { name: "heading", label: "Heading", ends: ["0°", "180°"], min: 0, max: 180, step: 1 },
    { name: "size", label: "Size", ends: ["small", "large"] },
    { name: "hull", label: "Hull", ends: ["pale", "red"] },
    { name: "hue", label: "Hue of the water", ends: ["green", "blue"] },
    { name: "sea", label: "Light of the water", ends: ["dark", "bright"] },
  ];
  const state = { seed: +(place.dataset.seed ?? 0), other: 0, way: 0, asked: {} };
  state.other = state.seed + 1;

  const { names, offset, slope, move } = content.directions;
  const readings = (z) => offset.map((o, k) => o + slope[k].reduce((sum, s, i) => sum + s * z[i], 0));
  const degrees = ([cos, sin]) => ((Math.atan2(sin, cos) * 90) / Math.PI + 180) % 180;

  // Between two ships on the sphere where noise lives: K. Shoemake, "Animating rotation with quaternion curves", 1985.
  const start = () => {
    const a = noise(state.seed);
    if (!state.way) return a;
    const b = noise(state.other);
    const dot = (u, v) => u.reduce((sum, x, i) => sum + x * v[i], 0);
    const angle = Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
    const [wa, wb] = [Math.sin((1 - state.way) * angle), Math.sin(state.way * angle)];
    return angle ? a.map((x, i) => (wa * x + wb * b[i]) / Math.sin(angle)) : a;
  };

  // The noise that is shown: from where it starts, the shortest way to the readings that the sliders ask for.
  const present = () => {
    const z = start();
    const read = readings(z);
    const wanted = names.map((name, k) => state.asked[name] ?? read[k]);
    if (state.asked.heading !== undefined) {
      const turn = (state.asked.heading * Math.PI) / 90;
      const clear = Math.max(Math.hypot(read[0], read[1]), 0.8); // how far from having no heading at all
      wanted[0] = clear * Math.cos(turn);
      wanted[1] = clear * Math.sin(turn);
    }
    const steps = wanted.map((value, k) => value - read[k]);
    return z.map((x, i) => x + steps.reduce((sum, step, k) => sum + step * move[k][i], 0));
  };

  // ---- The elements.
  const { make, button } = satgan;
  const chip = (attributes = {}) => make("canvas", { width: 80, height: 80, role: "img", "aria-label": "Being drawn", ...attributes });
  const range = (label, input, attributes) => make("input", { type: "range", "aria-label": label, oninput: input, ...attributes });
  let ids = document.querySelectorAll(".satgan-live").length * 100;
  const group = (title, ...children) => {
    const id = `satgan-${ids++}`;
    const heading = make("p", { class: "satgan-title", id }, title);
    return make("div", { class: "satgan-group", role: "group", "aria-labelledby": id }, heading, ...children);
  };
  const paint = (canvas, rgb, text) => {
    const pixels = new ImageData(canvas.width, canvas.height);
    for (let i = 0; i < canvas.width * canvas.height; i++) pixels.data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    if (text) canvas.setAttribute("aria-label", text);
  };

  const opinion = () => {
    const fill = make("span"), number = make("output", { class: "satgan-number" }, "…");
    const bar = make("div", { class: "satgan-bar", role: "meter", "aria-label": "Probability of a ship, the classifier's opinion" }, fill);
    bar.setAttribute("aria-valuemin", 0);
    bar.setAttribute("aria-valuemax", 100);
    bar.setAttribute("aria-valuenow", 0);
    bar.setAttribute("aria-valuetext", "not asked yet");
    const element = make("div", { class: "satgan-opinion" }, bar, number);
    const show = (p) => {
      fill.style.width = `${100 * p}%`;
      number.textContent = percent(p);
      bar.setAttribute("aria-valuenow", Math.round(100 * p));
      bar.setAttribute("aria-valuetext", `${percent(p)} ship`);
    };
    return { element, show };
  };

  const picture = chip({ class: "satgan-chip" });
  const verdict = opinion();
  const status = make("p", { class: "satgan-status", "aria-live": "polite" });
  const seed = make("input", { type: "number", min: 0, max: largest, step: 1, inputmode: "numeric", "aria-label": "Seed" });
  seed.addEventListener("change", () => go(seed.value));
  const drawn = button("Reset", () => set({ asked: {}, way: 0 }));
  const controls = sliders.map((slider) => {
    const { min = -3, max = 3, step = 0.1 } = slider;
    const value = make("output");
    const input = range(slider.label, () => set({ asked: { ...state.asked, [slider.name]: +input.value } }), { min, max, step });
    const [low, high] = slider.ends.map((end) => make("span", { class: "satgan-end", "aria-hidden": "true" }, end));
    const show = (read) => {
      const at = state.asked[slider.name] ?? (slider.name === "heading" ? degrees(read) : read[names.indexOf(slider.name)]);
      input.value = at;
      const heading = slider.name === "heading";
      value.textContent = heading ? `${Math.round(at)}°` : `${at < 0 ? "−" : "+"}${Math.abs(at).toFixed(1)}`;
      const words = `${Math.abs(at).toFixed(1)} deviations towards ${slider.ends[at < 0 ? 0 : 1]}`;
      input.setAttribute("aria-valuetext", heading ? `${Math.round(at)} degrees` : words);
    };
    const line = make("div", { class: "satgan-slider" }, make("span", {}, slider.label), value, low, input, high);
    return { line, show };
  });

  const code = make("code");
  const copied = make("span", { class: "satgan-copied", role: "status" });
  const copy = button("Copy as Python", async () => {
    copied.textContent = (await satgan.copy(code.textContent, code)) ? "Copied." : "Select the code and copy it.";
    setTimeout(() => (copied.textContent = ""), 3000);
  });
  const program = make("details", {}, make("summary", {}, "The Python that makes this very ship"), make("pre", { tabindex: 0 }, code));

  // ---- What happens.
  let drawing = false, again = false, quiet = 0, since = 0, began;
  const shown = new Promise((done) => (began = done)); // the box in its place

  const set = (change) => {
    Object.assign(state, change);
    draw();
  };
  const go = (to) => {
    const whole = Math.round(Math.min(largest, Math.max(0, +to || 0)));
    set({ seed: whole, way: 0, asked: {} });
  };

  // While one ship is drawn only the last wish is remembered, so that a slider never runs ahead of the picture.
  async function draw() {
    seed.value = state.seed;
    again = drawing;
    if (drawing) return;
    drawing = true;
    do {
      again = false;
      const z = present();
      const read = readings(z);
      for (const { show } of controls) show(read);
      walk?.show();
      const { rgb, p, measured } = await ask("book", [z], true);
      const text = describe(measured);
      paint(picture, rgb, `${text} The classifier gives it ${percent(p)} for ship.`);
      verdict.show(p);
      const lines = python(z);
      if (code.textContent !== lines) code.textContent = lines; // else what a reader has selected would be lost
      clearTimeout(quiet); // read out where a slider rests, not all along its way, and at most once a second
      const wait = status.textContent ? Math.max(400, since + 1000 - performance.now()) : 0;
      quiet = setTimeout(() => ([status.textContent, since] = [`${from()}. ${text}`, performance.now()]), wait);
      drawn.disabled = !moved();
      place.dataset.z = Array.from(z).join(" ");
      if (!again) pair?.show(z);
      look({ ...state, z, p, measured });
      if (!place.dataset.ready) {
        place.replaceChildren(box); // the still picture stays until there is a ship
        began();
        place.dataset.ready = Math.round(performance.now());
      }
    } while (again);
    drawing = false;
  }

  let seen = {};
  const look = (more) => guide?.look((seen = { ...seen, ...more }));

  const moved = () => state.way > 0 || Object.keys(state.asked).length > 0;
  const from = () => {
    const where = state.way ? `${Math.round(100 * state.way)} % of the way from seed ${state.seed} to seed ${state.other}` : `Seed ${state.seed}`;
    return Object.keys(state.asked).length ? `${where}, moved` : where;
  };

  const describe = ({ sea, heading, length, width }) => {
    const water = `on ${colour(sea)} water`;
    if (Number.isNaN(heading)) return `Nothing stands out ${water}.`;
    return `Measured: ${Math.round(length)} m long, ${Math.round(width)} m wide, heading ${Math.round(heading)}°, ${water}.`;
  };

  const colour = ([red, green, blue]) => {
    const mean = (red + green + blue) / 3;
    const light = mean < 65 ? "dark " : mean > 115 ? "bright " : "";
    if (Math.max(red, green, blue) - Math.min(red, green, blue) < 12) return `${light}grey`;
    if (red > green && red > blue) return `${light}brown`;
    if (Math.abs(green - blue) < 8) return `${light}blue-green`;
    return light + (green > blue ? "green" : "blue");
  };

  const percent = (p) => (p > 0.995 ? "over 99 %" : p < 0.005 ? "under 1 %" : `${Math.round(100 * p)} %`);

  // The shortest decimal that is this float32 again.
  const decimal = (value) => {
    for (let digits = 1; ; digits++) {
      const text = String(+value.toPrecision(digits));
      if (Math.fround(+text) === value || digits > 9) return text;
    }
  };

  const python = (z) => {
    const rows = Array.from({ length: latent / 4 }, (_, i) => `    ${Array.from(z.subarray(4 * i, 4 * i + 4), decimal).join(", ")},`);
    return [
      ...(moved() ? ["import numpy as np"] : []),
      "from satgan_tutorial import models, plots, sampling, show",
      "from satgan_tutorial.chips import to_uint8",
      "from satgan_tutorial.judge import Judge",
      "",
      `# ${from()}`,
      ...(moved() ? ["z = np.array([[", ...rows, ']], "float32")'] : [`z = sampling.noise(1, ${latent}, seed=${state.seed})`]),
      `generator = models.load("book", "${content.source}")`,
      "image = to_uint8(generator(z))",
      `print(Judge("${content.source}").probability(image))`,
      'show(plots.sheet(image, width=2), alt="A generated ship on water.")',
      ...(pair?.program() ?? []),
    ].join("\n");
  };

  // ---- What only the full explorer has.
  let walk = null, pair = null, guide = null;

  const guided = () => {
    const clarity = (z) => Math.hypot(...readings(z).slice(0, 2)); // of the cosine and the sine of twice the heading
    const tasks = satgan.explorerTasks({ clarity, noise, percent, describe }, Boolean(content.flow));
    const told = make("p", { class: "satgan-unseen", role: "status" });
    const guide = satgan.guide(tasks, { start: ({ begin }) => (begin(), set({ asked: {}, way: 0 })), say: (text) => (told.textContent = text) });
    guide.element.append(told);
    return guide;
  };

  const sixteen = () => {
    let first = 0;
    const cells = Array.from({ length: 16 }, (_, i) => {
      const canvas = make("canvas", { width: 80, height: 80, "aria-hidden": true }), label = make("span", {}, "…");
      const pick = button("", () => go(first + i), { class: "satgan-cell", "aria-label": `Seed ${i}`, tabindex: i ? -1 : 0 });
      pick.replaceChildren(canvas, label);
      return { canvas, label, pick };
    });
    const box = make("div", { class: "satgan-sixteen" }, ...cells.map(({ pick }) => pick));
    box.addEventListener("keydown", (event) => {
      const columns = getComputedStyle(box).gridTemplateColumns.split(" ").length;
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      const at = cells.findIndex(({ pick }) => pick === document.activeElement);
      if (!step || !cells[at + step]) return;
      event.preventDefault();
      event.stopPropagation();
      cells[at].pick.tabIndex = -1;
      cells[at + step].pick.tabIndex = 0;
      cells[at + step].pick.focus();
    });
    const fill = (start) => {
      first = start;
      cells.forEach(async ({ canvas, label, pick }, i) => {
        const { rgb, p } = await ask("book", [noise(start + i)]);
        if (first !== start) return;
        paint(canvas, rgb);
        label.textContent = percent(p);
        pick.setAttribute("aria-label", `Seed ${start + i}: ${percent(p)} ship`);
      });
    };
    fill(0);
    return group(
      "Pick one of sixteen",
      make("p", {}, "Sixteen seeds in a row, none picked, each with the probability of a ship that the classifier gives it."),
      box,
      make("div", { class: "satgan-row" }, button("Sixteen more", () => fill((first + 16) % (largest - 15)))),
    );
  };

  const walking = () => {
    const ends = [chip(), chip()];
    const other = make("input", { type: "number", min: 0, max: largest, step: 1, inputmode: "numeric", "aria-label": "Seed of the other ship" });
    const slider = range("Way to the other ship", () => { stop(); set({ way: slider.value / 100, asked: {} }); }, { min: 0, max: 100, step: 1, value: 0 });
    let timer = 0, shown = [];
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      play.textContent = "Walk";
    };
    const play = button("Walk", () => {
      if (timer) return stop();
      if (state.way === 1) state.way = 0;
      play.textContent = "Stop";
      timer = setInterval(() => {
        set({ way: Math.min(1, state.way + 0.02), asked: {} });
        if (state.way === 1) stop();
      }, 100);
    });
    play.hidden = calm;
    other.addEventListener("change", () => set({ other: Math.round(Math.min(largest, Math.max(0, +other.value || 0))) }));
    const show = () => {
      slider.value = Math.round(100 * state.way);
      slider.setAttribute("aria-valuetext", `${slider.value} % of the way`);
      other.value = state.other;
      [state.seed, state.other].forEach(async (number, i) => {
        if (shown[i] === number) return;
        shown[i] = number;
        const { rgb } = await ask("book", [noise(number)]);
        if (shown[i] === number) paint(ends[i], rgb, `The ship of seed ${number}`);
      });
    };
    const element = group(
      "Walk to another ship",
      make("p", {}, "Along the sphere on which noise lies, from the ship above to that of another seed. Is each step between them a ship?"),
      make("div", { class: "satgan-walk" }, ends[0], slider, ends[1]),
      make("div", { class: "satgan-row" }, make("label", {}, "to seed ", other), play),
    );
    return { element, show, stop };
  };

  // The same noise, each class asked for, where a conditional generator is shipped; it may know heading and length too.
  // A wish is written in numbers as satgan_tutorial/conditions.py does it.
  const asking = (network) => {
    const causes = network.inputs[1][0] > 1;
    const heading = range("Heading asked for", () => draw(), { min: 0, max: 179, step: 1, value: 45 });
    const length = range("Length asked for", () => draw(), { min: 80, max: 320, step: 5, value: 200 });
    const wish = (ship) => {
      const twice = (heading.value * Math.PI) / 90;
      const row = causes ? [1, Math.cos(twice), Math.sin(twice), (length.value - 200) / 10] : [1];
      return row.map((x) => x * ship);
    };
    const answers = [["ship", 1], ["no ship", 0]].map(([name, ship]) => {
      const canvas = chip(), verdict = opinion(), text = make("p", { class: "satgan-small" });
      const element = make("div", {}, make("p", {}, `asked for: ${name}`), canvas, verdict.element, text);
      return { name, ship, canvas, verdict, text, element };
    });
    let latest = null;
    const show = (z) => {
      latest = z;
      heading.setAttribute("aria-valuetext", `${heading.value} degrees`);
      length.setAttribute("aria-valuetext", `${length.value} metres`);
      wished.textContent = `A ship heading ${heading.value}°, ${length.value} m long`;
      answers.forEach(async ({ name, ship, canvas, verdict, text }) => {
        const { rgb, p, measured } = await ask("conditional", [z, wish(ship)]);
        if (latest !== z) return;
        text.textContent = describe(measured);
        paint(canvas, rgb, `Asked for: ${name}. ${text.textContent}`);
        verdict.show(p);
      });
    };
    const program = () => [
      "",
      "# The same noise, each class asked for",
      "from satgan_tutorial import conditions",
      `conditional = models.load("conditional", "${content.source}")`,
      "for ship in (True, False):",
      `    condition = conditions.encode(ship${causes ? `, heading=${heading.value}, length=${length.value}` : ""})`,
      "    answer = to_uint8(conditional([z, condition[None]]))",
      '    show(plots.sheet(answer, width=2), alt="What was asked for.")',
    ];
    const wished = make("output");
    const wishes = causes ? [make("p", {}, wished), make("div", { class: "satgan-wishes" }, make("label", {}, "heading", heading), make("label", {}, "length", length))] : [];
    const about = "A second generator is told what to draw. Both pictures come from the noise of the ship above; below each, what the classifier thinks of it.";
    const pictures = make("div", { class: "satgan-pair" }, ...answers.map(({ element }) => element));
    return { element: group("Ship or no ship", make("p", {}, about), ...wishes, pictures), show, program };
  };

  const training = (film) => {
    const image = make("img", { class: "satgan-film-frame" });
    const caption = make("p"); // the slider says the same to a screen reader
    const show = () => {
      const { step, image: source } = film[slider.value - 1];
      image.src = source;
      image.alt = `The same noise vectors, side by side, drawn after ${step} steps of training.`;
      caption.textContent = `After ${step} steps`;
      slider.setAttribute("aria-valuetext", caption.textContent);
    };
    const slider = range("Steps of training", show, { min: 1, max: film.length, step: 1, value: 1 });
    show();
    return group("How it learned", make("p", {}, "The same noise while the generator was trained. This is a recording; all else here is drawn as you look."), image, slider, caption);
  };

  // The page may have been asked for at this part, which takes a while to come; until then a text has its name.
  const flowing = async () => {
    const parts = { chip, range, group, paint, describe, percent, calm, largest };
    const { element } = satgan.flowDraws({ source: content.source, flow: content.flow, load: flow, numbers, ask, parts, looked: (flows) => look({ flows }) });
    box.append(element);
    await shown;
    document.getElementById("flow-draws")?.removeAttribute("id");
    element.id = "flow-draws";
    if (content.student) {
      element.after(satgan.studentDraws({ source: content.source, student: content.student, load: student, numbers, latent, parts }).element);
    }
    if (location.hash === "#flow-draws") element.scrollIntoView();
  };

  const explained = () => {
    const of = (name) => content.directions.explained[names.indexOf(name === "heading" ? "cos" : name)];
    const parts = sliders.map(({ name, label }) => `${label.toLowerCase()} ${Math.round(100 * of(name))} %`);
    const text = "A slider shows what a straight line reads from the noise, in standard deviations, and moves the noise along that line. ";
    return make("p", { class: "satgan-small" }, `${text}How much of what is measured such a line explains: ${parts.join(", ")}. Where that is little, other things move too.`);
  };

  // ---- All together.
  const main = make(
    "div",
    { class: "satgan-main" },
    make("div", { class: "satgan-left" }, picture, make("p", { class: "satgan-title" }, "Is it a ship? The classifier thinks:"), verdict.element),
    status,
    make(
      "div",
      { class: "satgan-right" },
      make(
        "div",
        { class: "satgan-row" },
        button("New ship", () => go(Math.floor(Math.random() * 1e4)), { class: "satgan-new" }),
        make(
          "div",
          { class: "satgan-seed" },
          button("←", () => go(state.seed - 1), { "aria-label": "Ship before" }),
          make("label", {}, "Seed ", seed),
          button("→", () => go(state.seed + 1), { "aria-label": "Next ship" }),
        ),
      ),
      ...controls.map(({ line }) => line),
      make("div", { class: "satgan-row" }, drawn, copy, copied),
    ),
  );
  main.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.target.tagName === "INPUT" || event.target.tagName === "PRE") return;
    event.preventDefault();
    event.stopPropagation();
    go(state.seed + step);
  });

  const box = make("div", { class: "satgan-live", role: "group", "aria-label": "Live generator" }, main);
  if (full) {
    walk = walking();
    guide = guided();
    box.prepend(guide.element);
    box.append(explained(), program, walk.element, sixteen());
    more().then(({ models, film }) => {
      add(models);
      if (models.conditional) {
        pair = asking(models.conditional);
        box.append(pair.element);
        draw();
      }
      box.append(training(film));
      if (content.flow) flowing();
    });
  } else {
    box.append(program);
  }
  draw();
};
