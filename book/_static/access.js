// What the theme leaves to be said: a button is called by the words on it, the contents are a landmark, and code in a table
// breaks between its words.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("summary, .search-button__button, .theme-switch-button")) {
    const alone = button.matches(".search-button__button") && !button.textContent.trim();  // a sign, on a phone
    if (!alone) button.removeAttribute("aria-label");
  }
  for (const arrow of document.querySelectorAll(".bd-sidebar-primary li > details > summary")) {
    arrow.setAttribute("aria-label", `The pages of ${arrow.closest("li").querySelector("a").textContent.trim()}`);
  }
  const contents = document.querySelector(".bd-sidebar-primary");
  contents?.setAttribute("role", "region");
  contents?.setAttribute("aria-label", "The book");
  for (const code of document.querySelectorAll("article table code .pre")) {
    const words = code.textContent.replace(/[(_=]+(?=[\w"'[])|\.(?=[A-Za-z])|[a-z0-9]D?(?=[A-Z][a-z])/g, "$&\n").split("\n");
    code.replaceChildren(words[0], ...words.slice(1).flatMap((word) => [document.createElement("wbr"), word]));
  }
});
