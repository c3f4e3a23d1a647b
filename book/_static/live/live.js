"use strict";

// On every page, and small for that reason: where a page has a place for what is alive, this loads the rest.
//
//   <div data-satgan="compact"> what is shown where scripts are off </div>    the live generator: one ship and its sliders
//   <div data-satgan="explorer"> ... </div>                                   all of it
//   <div data-plane="both"> ... </div>                                        the game in the plane; also "gan" or "flow"
//   <div data-plane="push"> ... </div>                                        a reader pushes an artist in the plane
//   <div data-ships> ... </div>                                               a GAN that learns small ships
globalThis.satgan = {};
{
  const here = document.currentScript.src;

  const load = (name) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL(name, here);
      script.onload = done;
      script.onerror = () => failed(new Error(`${name} did not load`));
      document.head.append(script);
    });
  const loaded = {}; // what two places of a page share
  const once = (name) => (loaded[name] ??= load(name));

  const generator = async (places) => {
    await Promise.all(["network.js", "measure.js", "tasks.js", "explorer.js", "weights.js"].map(load));
    satgan.running = satgan.engine(satgan.content.models);
    const parts = ["flow", "student"].filter((name) => satgan.content[name]).map((name) => `${name}-draws.js`);
    let rest;
    const more = () => (rest ??= Promise.all(["more.js", ...parts].map(load)).then(() => satgan.more));
    // Some megabytes, so only when a reader has it draw; where that fails it may be tried again.
    const later = (name) => {
      let weights;
      return () => (weights ??= load(`${name}.js`).then(
        () => satgan.running.add(satgan[name].models),
        (error) => { weights = null; throw error; },
      ));
    };
    for (const place of places) satgan.explorer(place, satgan.content, satgan.running, more, { flow: later("flow"), student: later("student") });
  };

  const PLANE = ["product", "kernel", "networks", "losses", "gan", "flow", "targets", "training", "stage", "curves", "link", "tasks", "game"];
  const PUSH = ["push", "targets", "stage", "pushing"];
  const plane = async (places) => {
    for (const place of places) {
      const pushed = place.dataset.plane === "push";
      await Promise.all((pushed ? PUSH : PLANE).map((name) => once(`../plane/${name}.js`)));
      satgan[pushed ? "planePushing" : "planeGame"](place);
    }
  };

  const SHIPS = ["plane/kernel", "plane/networks", "plane/losses", "ships/product", "ships/gan", "ships/training", "ships/page"];
  const ships = async (places) => {
    await Promise.all(SHIPS.map((name) => once(`../${name}.js`)));
    // A megabyte, so only when a reader has it train; where that fails it may be tried again.
    let chips;
    const real = () => (chips ??= load("../ships/chips.js").then(() => satgan.shipChips, (error) => { chips = null; throw error; }));
    for (const place of places) satgan.shipsPage(place, real);
  };

  document.documentElement.dataset.satganScripts = "on"; // the style sheet then keeps room for what comes
  document.addEventListener("DOMContentLoaded", async () => {
    for (const [selector, start, name] of [["[data-satgan]", generator, "live generator"], ["[data-plane]", plane, "game in the plane"], ["[data-ships]", ships, "training on ships"]]) {
      const places = document.querySelectorAll(selector);
      if (!places.length) continue;
      try {
        await Promise.all(["elements.js", "guide.js", "noise.js"].map(once));
        await start(places);
      } catch (error) {
        delete document.documentElement.dataset.satganScripts;
        console.warn(`The ${name} stays a picture: ${error.message}`);
      }
    }
  });
}
