"use strict";

// What the parts of a page are built from.
satgan.make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

satgan.button = (text, click, attributes = {}) => satgan.make("button", { type: "button", onclick: click, ...attributes }, text);

// Puts a text on the clipboard. Where there is none, the element that shows the text is selected instead.
satgan.copy = async (text, element) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const fold = element.closest("details");
    if (fold) fold.open = true;
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
};

// Starts a training in a worker: `training` makes, of a function that posts looks, what hears the page's messages; `parts` are the
// functions that it needs. What comes back sends messages; `look` is called with each look. The worker's program is the text of
// these functions, since a page opened from a folder may not load a worker from a file.
satgan.worker = (training, parts, look) => {
  const program = `"use strict";${[...parts, training].join("\n")}\nonmessage = ${training.name}((look) => postMessage(look));`;
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => look(data);
  return (message) => worker.postMessage(message);
};
