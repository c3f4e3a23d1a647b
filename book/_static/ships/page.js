"use strict";

// A GAN that learns small ships in the page: what a reader sees and does. The training itself is in training.js.
//
//   <div data-ships> what is shown where scripts are off </div>
//
// `load` brings the real ships, when a reader first asks for an update.
satgan.shipsPage = (place, load) => {
  const { make, button } = satgan;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const SIDE = 24, ACROSS = 8, SOME = 50, FIRST = 1; // SOME: updates at a time where little is to move; FIRST seed
  let playing = false, ready = false, latest = null, heard = 0;

  // ---- Pictures, side by side on a canvas with a line between them
  function sheet(label, count) {
    const width = ACROSS * (SIDE + 1) - 1, height = (count / ACROSS) * (SIDE + 1) - 1;
    const canvas = make("canvas", { role: "img", "aria-label": label, width, height, class: "ships-sheet" });
    const pen = canvas.getContext("2d"), image = new ImageData(SIDE, SIDE);
    // `at` says where a channel of a picture begins.
    canvas.show = (bytes, at) => {
      for (let k = 0; k < count; k++) {
        for (let c = 0; c < 3; c++) for (let i = 0; i < SIDE * SIDE; i++) image.data[4 * i + c] = bytes[at(k, c) + i];
        for (let i = 0; i < SIDE * SIDE; i++) image.data[4 * i + 3] = 255;
        pen.putImageData(image, (k % ACROSS) * (SIDE + 1), Math.floor(k / ACROSS) * (SIDE + 1));
      }
    };
    return canvas;
  }
  const DRAWN = 32, REAL = 16;
  const drawn = sheet("Being drawn", DRAWN), real = sheet(`${REAL} of the real ships that it learns from`, REAL);
  const figure = (canvas, words) => make("figure", { class: "ships-figure" }, make("figcaption", {}, words), canvas);
  const beside = figure(real, "Real ships");
  beside.hidden = true;

  // ---- What the training says
  const send = satgan.shipsWorker((look) => {
    latest = look;
    if (look.paused || look.started) moves(false);
    drawn.show(look.drawn, (k, c) => (c * DRAWN + k) * SIDE * SIDE);
    const losses = look.dLoss === undefined ? "" : ` D's loss is ${look.dLoss.toFixed(2)}, G's ${look.gLoss.toFixed(2)}.`;
    const rate = look.seconds && playing ? `, ${Math.round(look.step / look.seconds)} a second` : "";
    stepText.textContent = `update ${look.step}, after ${Math.round(look.seconds)} s${rate}`;
    sentence.textContent = look.step ? `The same ${DRAWN} draws of noise each time.${losses}` : "Before the first update, noise becomes noise.";
    drawn.setAttribute("aria-label", `${DRAWN} pictures by the generator, after ${look.step} updates`);
    say(`Update ${look.step}, after ${Math.round(look.seconds)} seconds.${losses}`);
    place.dataset.step = look.step;
    if (!place.dataset.ready) {
      place.replaceChildren(box);
      place.dataset.ready = Math.round(performance.now());
    }
  });

  // A screen reader hears of it at most every ten seconds while it plays.
  function say(text) {
    const now = performance.now();
    if (playing && now < heard + 10000) return;
    heard = now;
    status.textContent = text;
  }

  // The real ships come once, before the first update. True when they are there.
  async function chips() {
    if (ready) return true;
    try {
      const { pixels } = await load();
      const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
      real.show(bytes, (k, c) => (3 * k + c) * SIDE * SIDE);
      send({ chips: bytes });
      beside.hidden = false;
      ready = true;
    } catch {
      status.textContent = sentence.textContent = "The real ships did not load. Is the network there? Then press again.";
    }
    return ready;
  }

  // ---- Controls
  const moves = (yes) => {
    playing = yes;
    play.textContent = calm ? `${SOME} updates` : yes ? "Pause" : "Train";
  };
  const play = button("Train", async () => {
    if (playing) return send({ pause: true });
    if (!(await chips())) return;
    if (calm) return send({ update: SOME });
    moves(true);
    send({ play: true });
  }, { class: "satgan-new" });
  const seed = make("input", { type: "number", min: 0, max: 2 ** 28, step: 1, inputmode: "numeric", value: FIRST });
  seed.addEventListener("change", () => {
    seed.value = Math.round(Math.min(2 ** 28, Math.max(0, +seed.value || 0)));
    start();
  });
  const start = () => send({ start: { seed: +seed.value } });
  const stepText = make("output", { class: "plane-step" }, "update 0");
  const sentence = make("p", { class: "ships-sentence" }, "…");
  const status = make("p", { class: "satgan-unseen ships-said", role: "status" });

  const box = make(
    "div",
    { class: "satgan-live plane", role: "group", "aria-label": "A training on ships" },
    make("div", { class: "satgan-row plane-transport" }, play, button("Start again", start)),
    make("div", { class: "satgan-row" }, make("label", { class: "plane-choice" }, make("span", {}, "Seed (starts again)"), seed), stepText),
    make("div", { class: "ships-figures" }, figure(drawn, "Drawn by the generator"), beside),
    sentence,
    status,
  );
  moves(false);
  start();
};
