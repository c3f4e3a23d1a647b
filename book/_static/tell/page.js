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

// The picture that holds all chips, once it can be drawn from.
tell.picture = async (chips) => {
  const image = new Image();
  image.src = chips.picture;
  await image.decode();
  return image;
};

// Draws one chip of a pair on a canvas: the real one, or the generated one.
tell.paint = (canvas, picture, chips, pair, real) => {
  const { size, columns } = chips;
  const at = 2 * pair + (real ? 0 : 1);
  const left = (at % columns) * size, top = Math.floor(at / columns) * size;
  canvas.getContext("2d").drawImage(picture, left, top, size, size, 0, 0, size, size);
};

// A pair with its answer: the real chip stands where `left` says, and `words` are below.
tell.answered = (picture, chips, pair, left, words) => {
  const halves = [left, !left].map((real) => {
    const name = tell.kinds[chips.source][real ? 0 : 1];
    const canvas = tell.make("canvas", { width: chips.size, height: chips.size, role: "img", "aria-label": `A ${name} chip` });
    tell.paint(canvas, picture, chips, pair, real);
    return tell.make("div", {}, canvas, name);
  });
  return tell.make("figure", { class: "tell-answered" }, tell.make("div", { class: "tell-halves" }, ...halves), tell.make("figcaption", {}, words));
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
    const picture = await tell.picture(tell.chips);
    const box = tell.make("div", { class: "satgan-live tell" });
    place.replaceChildren(box);
    run(box, tell.chips, picture);
    place.dataset.ready = "";
  } catch (error) {
    console.warn(`"Can you tell?" stays a picture: ${error.message}`);
  }
};
