"use strict";

// On every page, and small for that reason: where a page has a place for the live generator, this loads the rest.
//
//   <div data-satgan="compact"> what is shown where scripts are off </div>    one ship and its sliders
//   <div data-satgan="explorer"> ... </div>                                   all of it
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

  document.documentElement.dataset.satganScripts = "on"; // the style sheet then keeps room for what comes
  document.addEventListener("DOMContentLoaded", async () => {
    const places = document.querySelectorAll("[data-satgan]");
    if (!places.length) return;
    try {
      await Promise.all(["noise.js", "network.js", "measure.js", "explorer.js", "weights.js"].map(load));
      satgan.running = satgan.engine(satgan.content.models);
      let rest;
      const more = () => (rest ??= load("more.js").then(() => satgan.more));
      for (const place of places) satgan.explorer(place, satgan.content, satgan.running, more);
    } catch (error) {
      delete document.documentElement.dataset.satganScripts;
      console.warn(`The live generator stays a picture: ${error.message}`);
    }
  });
}
