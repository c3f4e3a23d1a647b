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
