"use strict";

// Two small curves below a stage: losses, and how many islands are covered.
satgan.planeCurves = (family) => {
  const { make } = satgan;
  const WIDE = 340, HIGH = 54, SVG = "http://www.w3.org/2000/svg";
  const shape = (tag, attributes, text) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  };

  // One chart: lines of [step, value], from 0 to `top`, with a dashed line at `mark`.
  function chart(words, more = "") {
    const svg = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", class: "plane-chart" });
    const caption = make("figcaption", {}, words);
    const figure = make("figure", {}, caption, svg);
    const show = (lines, top, mark, text, title = words) => {
      const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(([step]) => step)));
      const at = ([step, value]) => `${((step / most) * (WIDE - 2) + 1).toFixed(1)},${(HIGH - 2 - (HIGH - 4) * Math.max(0, Math.min(1, value / top))).toFixed(1)}`;
      const drawn = [shape("path", { d: `M0 ${HIGH - 1} H${WIDE}`, class: "plane-axis" })];
      if (mark) drawn.push(shape("path", { d: `M${at([0, mark]).replace(",", " ")} H${WIDE}`, class: "plane-mark" }));
      for (const { name, points } of lines) drawn.push(shape("polyline", { points: points.map(at).join(" "), class: `plane-line plane-line-${name}` }));
      svg.replaceChildren(...drawn);
      svg.setAttribute("aria-label", text);
      caption.replaceChildren(make("span", {}, title), ...lines.filter(({ say }) => say).map(({ name, say }) => make("span", { class: `plane-key plane-key-${name}` }, say)), make("span", {}, more));
    };
    return { figure, show };
  }

  const thin = (points, most = 300) => points.filter((_, i) => i % Math.ceil(points.length / most) === 0 || i === points.length - 1);
  const losses = chart("Loss", family === "gan" ? "dashed: log 4" : ""), modes = chart("", "dashed: all");
  const element = make("div", { class: "plane-curves" }, losses.figure, modes.figure);

  function show(history, count, islands) {
    const line = (name, read) => ({ name, points: thin(history.filter((row) => read(row) !== undefined).map((row) => [row.step, read(row)])) });
    const now = ({ points }) => points.length ? points[points.length - 1][1].toFixed(2).replace(/^-(0.00)?/, (_, zero) => zero ?? "−") : "…";
    if (family === "gan") {
      const d = line("d", ({ gan }) => gan?.dLoss), g = line("g", ({ gan }) => gan?.gLoss);
      [d.say, g.say] = [`D ${now(d)}`, `G ${now(g)}`];
      losses.show([d, g], 3, Math.log(4), `Losses: D ${now(d)}, G ${now(g)}; perfect fakes give D a loss of log 4, 1.39`);
    } else {
      const loss = line("v", ({ flow }) => flow?.loss);
      loss.say = now(loss);
      losses.show([loss], 3, 0, `Loss: ${now(loss)}`);
    }
    const covered = line("modes", (row) => row[family]?.covered?.filter(Boolean).length);
    const last = covered.points.length ? covered.points[covered.points.length - 1][1] : 0;
    modes.figure.hidden = count === 1; // a letter in one piece: it is covered or not, and the sentence says how much of it
    modes.show([covered], count * 1.05, count, `Covered ${islands}: ${last} of ${count}`, `Covered ${islands}`);
  }
  return { element, show };
};
