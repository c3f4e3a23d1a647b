"use strict";

// The settings of a game as the fragment of a link, and as Python.
satgan.planeLink = (() => {
  const HEAD = "#plane:";
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const CHOICES = { target: ["ring", "moons", "lattice", "drawn"], loss: ["non_saturating", "minimax", "relativistic"] };
  const RANGES = { seed: [0, 2 ** 28], batch: [16, 256], latent: [1, 8], r1: [0, 1], dRate: [0, 0.03], gRate: [0, 0.03], flowRate: [0, 0.03], step: [0, 20000] };

  // A dot lies on a grid of 0.1 from -3 to 3: a letter for each of its two numbers.
  const letters = (dots) => dots.flat().map((x) => ALPHABET[Math.round(10 * x) + 30]).join("");
  const dotsOf = (text) => {
    const numbers = Array.from(text, (letter) => ALPHABET.indexOf(letter)).filter((k) => k >= 0 && k <= 60).map((k) => (k - 30) / 10);
    return Array.from({ length: Math.min(300, numbers.length >> 1) }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
  };

  function write(state, step) {
    const parts = new URLSearchParams();
    for (const name of Object.keys(CHOICES)) parts.set(name, state[name]);
    for (const name of Object.keys(RANGES)) if (name !== "step") parts.set(name, state[name]);
    if (step) parts.set("step", step);
    if (state.target === "drawn") parts.set("dots", letters(state.dots));
    return HEAD + parts;
  }

  // What can be used of a fragment; what cannot is left out.
  function read(hash) {
    if (!hash.startsWith(HEAD)) return {};
    const parts = new URLSearchParams(hash.slice(HEAD.length)), found = {};
    for (const [name, known] of Object.entries(CHOICES)) if (known.includes(parts.get(name))) found[name] = parts.get(name);
    for (const [name, [least, most]] of Object.entries(RANGES)) {
      const value = parts.has(name) ? Number(parts.get(name)) : NaN;
      if (value >= least && value <= most) found[name] = ["seed", "batch", "latent", "step"].includes(name) ? Math.round(value) : value;
    }
    if (parts.has("dots")) found.dots = dotsOf(parts.get("dots"));
    return found;
  }

  function python(state, families) {
    const { target, dots, seed, loss, r1, dRate, gRate, flowRate, batch } = state;
    const lines = ["from satgan_tutorial import plane", ""];
    if (target === "drawn") {
      const { modes, sigma } = planeTargets().drawn(dots);
      lines.splice(0, 0, "import numpy as np", "");
      const rows = dots.map(([x, y]) => `(${x}, ${y})`), cut = (all, n) => Array.from({ length: Math.ceil(all.length / n) }, (_, i) => `    ${all.slice(n * i, n * i + n).join(", ")},`);
      lines.push("dots = [", ...cut(rows, 5), "]", "modes = [", ...cut(modes, 20), "]");
      lines.push(`target = plane.Mixture(np.array(dots), ${sigma}, np.array(modes))`);
    } else {
      lines.push(`target = plane.${target}()`);
    }
    lines.push("points = target.sample(20_000, seed=0)");
    if (families.includes("gan")) {
      lines.push("", `gan = plane.build("${loss}", seed=${seed}, r1=${r1})`, `gan.optimizer.learning_rate = ${dRate}`, `gan.g_optimizer.learning_rate = ${gRate}`);
      lines.push(`plane.train(gan, points, 1000, batch_size=${batch})`, "print(plane.covered(gan.sample(1000, seed=0), target))");
    }
    if (families.includes("flow")) {
      lines.push("", `flow = plane.build_flow(seed=${seed}, learning_rate=${flowRate})`);
      lines.push(`plane.train(flow, points, 1000, batch_size=${batch})`, "print(plane.covered(flow.sample(1000, seed=0), target))");
    }
    return lines.join("\n");
  }

  return { write, read, python };
})();
