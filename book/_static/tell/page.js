"use strict";

// What both pages of "Can you tell?" build their parts from.

// What the two kinds of chips are called, where the book is built with real chips and where it is not.
tell.kinds = { real: ["real", "generated"], simulated: ["simulated", "generated"] };

tell.make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
tell.button = (text, click, attributes = {}) =>
  tell.make("button", { type: "button", onclick: click, ...attributes }, text);

// The pictures that hold all chips, one for each size, once they can be drawn from.
tell.pictures = async (chips) => {
  const one = async (pixels) => {
    const image = new Image();
    image.src = chips.pictures[pixels];
    await image.decode();
    return [pixels, image];
  };
  return Object.fromEntries(await Promise.all(tell.SIZES.map(one)));
};

// Draws one chip of a pair on a canvas of so many pixels: the real one, or the generated one.
tell.paint = (canvas, pictures, chips, pair, real, pixels) => {
  const at = 2 * pair + (real ? 0 : 1);
  const left = (at % chips.columns) * pixels, top = Math.floor(at / chips.columns) * pixels;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  canvas.getContext("2d").drawImage(pictures[pixels], left, top, pixels, pixels, 0, 0, pixels, pixels);
};

// A pair with its answer: the real chip stands where `left` says, and `words` are below.
tell.answered = (pictures, chips, pair, left, pixels, words) => {
  const halves = [left, !left].map((real) => {
    const name = tell.kinds[chips.source][real ? 0 : 1];
    const canvas = tell.make("canvas", { role: "img", "aria-label": `A ${name} chip` });
    tell.paint(canvas, pictures, chips, pair, real, pixels);
    return tell.make("div", {}, canvas, name);
  });
  return tell.make("figure", { class: "tell-answered" }, tell.make("div", { class: "tell-halves" }, ...halves), tell.make("figcaption", {}, words));
};

// What each generator is, in a list with links; `about` is [words, the text of a link, its address, words].
tell.makers = (chips) => {
  const item = ({ words, about }) =>
    tell.make("li", {}, `${tell.capital(words)}: ${about[0]}`, tell.make("a", { href: about[2] }, about[1]), about[3]);
  return tell.make("ul", { class: "satgan-small" }, ...chips.generators.map(item));
};

// A table; the first cell of each row is its head.
tell.table = (caption, heads, rows) => {
  const row = (cells, tag) => tell.make("tr", {}, ...cells.map((cell, i) => tell.make(i ? tag : "th", { scope: tag === "th" ? "col" : i ? null : "row" }, cell)));
  const body = rows.map((cells) => row(cells, "td"));
  const head = tell.make("thead", {}, row(heads, "th"));
  const table = tell.make("table", { class: "table" }, tell.make("caption", {}, caption), head, tell.make("tbody", {}, ...body));
  return tell.make("div", { class: "tell-table", tabindex: 0, role: "region", "aria-label": caption }, table);
};

// Starts a page once its chips are there; without them what stands in the page stays.
tell.start = async (kind, run) => {
  const place = document.querySelector(`[data-tell="${kind}"]`);
  try {
    if (!tell.chips) throw new Error("there are no chips: python tools/tell.py makes them");
    const pictures = await tell.pictures(tell.chips);
    const box = tell.make("div", { class: "satgan-live tell" });
    place.replaceChildren(box);
    run(box, tell.chips, pictures);
    place.dataset.ready = "";
  } catch (error) {
    console.warn(`"Can you tell?" stays a picture: ${error.message}`);
  }
};
