"use strict";

// On every page, and small for that reason: where a page has a place for the live generator, this loads the rest.
//
//   <div data-satgan="compact"> what is shown where scripts are off </div>    one ship and its sliders
//   <div data-satgan="explorer"> ... </div>                                   all of it
globalThis.satgan = {};
{
  const here = document.currentScript.src;
  const parsed = new Promise((done) => document.addEventListener("DOMContentLoaded", done));

  const load = (name) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL(name, here);
      script.onload = done;
      script.onerror = () => failed(new Error(`${name} did not load`));
      document.head.append(script);
    });

  const begin = async () => {
    const parts = ["noise.js", "network.js", "measure.js", "explorer.js", "weights.js"];
    try {
      await Promise.all(parts.map(load));
      satgan.running = satgan.engine(satgan.content.models);
      await parsed;
      let rest;
      const more = () => (rest ??= load("more.js").then(() => satgan.more));
      for (const place of document.querySelectorAll("[data-satgan]")) {
        satgan.explorer(place, satgan.content, satgan.running, more);
      }
    } catch (error) {
      delete document.documentElement.dataset.satganScripts;
      console.warn(`The live generator stays a picture: ${error.message}`);
    }
  };

  document.documentElement.dataset.satganScripts = "on"; // the style sheet then keeps room for what comes
  // It begins as soon as a place is there, while the rest of the page still comes.
  const seen = new MutationObserver(() => {
    if (!document.querySelector("[data-satgan]")) return;
    seen.disconnect();
    begin();
  });
  seen.observe(document, { childList: true, subtree: true });
  parsed.then(() => setTimeout(() => seen.disconnect()));
}
