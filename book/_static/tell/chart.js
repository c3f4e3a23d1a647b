"use strict";

// The chart of both pages: shares right of eyes and of networks, beside each other at each size, and the line of guessing.

{
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const text = (words, x, y, anchor = "middle", kind = "") => svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
  const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });
  const dot = (cx, cy, r, kind) => svg("circle", { cx, cy, r, class: kind });

  const LABELS = 56, SIDE = 24; // pixels to the left and to the right of the axis
  const HEAD = 26, ROW = 26, TOP = 22, FOOT = 44;

  // An SVG so many pixels wide; `said` is what it shows, in words.
  //   strips: [{words, shares}], a dot for each share, stacked where they are the same
  //   groups: [{words, rows: [{pixels, eyes, network}]}], where `eyes` is {share, low, high} or nothing, and `network` is
  //   {auc} or nothing, with `low` and `high` where they are known
  tell.drawing = (strips, groups, width, said) => {
    const rows = groups.flatMap((group) => group.rows);
    const lows = rows.flatMap(({ eyes, network }) => [eyes?.low ?? 1, network?.low ?? network?.auc ?? 1]);
    const least = Math.floor(10 * Math.min(0.4, ...lows, ...strips.flatMap(({ shares }) => shares))) / 10;
    const x = (share) => LABELS + ((share - least) / (1 - least)) * (width - LABELS - SIDE);
    const radius = Math.max(2, Math.min(5, (x(1 / tell.TRIALS) - x(0)) / 2.2)); // neighbours do not touch
    const marks = [text("guessing", x(0.5), 14)];
    let y = TOP;
    const band = (words, high, draw) => {
      marks.push(text(words, 0, y + 17, "start", "tell-head"), line(x(0.5), y + HEAD, x(0.5), y + HEAD + high, "tell-chance"));
      y += HEAD;
      draw();
    };
    for (const { words, shares } of strips) {
      const stacks = new Map();
      for (const share of shares) stacks.set(share, (stacks.get(share) ?? 0) + 1);
      const high = 2 * radius * Math.max(2, ...stacks.values()) + 4;
      band(words, high, () => {
        for (const [share, n] of stacks)
          for (let i = 0; i < n; i++) marks.push(dot(x(share), y + high - radius - 2 - 2 * radius * i, radius, "tell-dot"));
        y += high;
      });
    }
    for (const group of groups)
      band(group.words, ROW * group.rows.length, () => {
        for (const { pixels, eyes, network } of group.rows) {
          const middle = y + ROW / 2, apart = eyes && network ? 6 : 0;
          marks.push(text(`${pixels} px`, LABELS - 10, middle + 5, "end"));
          if (network) {
            const at = middle + apart, { auc, low = auc, high = auc } = network;
            marks.push(line(x(low), at, x(high), at, "tell-range"));
            marks.push(svg("path", { d: `M${x(auc)} ${at - 5}l5 5l-5 5l-5 -5z`, class: "tell-network" }));
          }
          if (eyes) {
            marks.push(line(x(eyes.low), middle - apart, x(eyes.high), middle - apart, "tell-interval"));
            marks.push(dot(x(eyes.share), middle - apart, 5, "tell-share"));
          }
          y += ROW;
        }
      });
    marks.push(line(x(least), y, x(1), y, "tell-axis"));
    const every = x(0.1) - x(0) < 42 ? 2 : 1; // tenths between two numbers
    for (let tenth = 10; tenth >= Math.round(10 * least); tenth -= every) marks.push(text(`${10 * tenth} %`, x(tenth / 10), y + 18));
    marks.push(text("share right", (x(least) + x(1)) / 2, y + 38));
    return svg("svg", { viewBox: `0 0 ${width} ${y + FOOT}`, width, role: "img", "aria-label": said }, ...marks);
  };

  // The chart in a figure as wide as there is room for, with its caption.
  tell.figure = (box, strips, groups, said, caption) => {
    const width = Math.max(260, Math.min(680, box.clientWidth - 40));
    return tell.make("figure", { class: "tell-figure" }, tell.drawing(strips, groups, width, said), tell.make("figcaption", {}, caption));
  };

  // The rows of one group: every size at which somebody looked, or a network did, the fewest pixels first.
  tell.rows = (eyes, networks) => {
    const sizes = new Set([...eyes.keys(), ...networks.map(({ pixels }) => pixels)]);
    return [...sizes]
      .sort((a, b) => a - b)
      .map((pixels) => ({ pixels, eyes: eyes.get(pixels), network: networks.find((one) => one.pixels === pixels) }));
  };
}
