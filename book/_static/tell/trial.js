"use strict";

// The page "Can you tell?": a start, two pairs for practice, forty trials, a result. Nothing is stored or sent.

tell.trial = (box, chips, picture) => {
  const { make, button } = tell;
  const [real, generated] = tell.kinds[chips.source];
  const words = (pair) => chips.generators[tell.generator(pair, chips)].words;

  tell.PAUSE = 250; // milliseconds in which a second answer is taken for a slip: nobody looks that fast
  const state = { seed: 0, trials: [], answers: [], practice: 0, shown: 0 };

  // ---- The start

  // The seed in the address, as in can-you-tell.html#seed=7, or one at random.
  const seedInAddress = () => {
    const found = /^#seed=(\d{1,4})$/.exec(location.hash);
    return found ? +found[1] : null;
  };

  const anySeed = () => Math.floor(Math.random() * tell.SEEDS);

  const start = () => {
    const seed = make("input", { type: "number", min: 0, max: tell.SEEDS - 1, step: 1, inputmode: "numeric" });
    seed.value = seedInAddress() ?? anySeed();
    const go = make("form", { class: "satgan-row", onsubmit: (event) => begin(event, seed.value) });
    go.append(make("button", { type: "submit", class: "satgan-new" }, "Start"), make("label", {}, "Seed ", seed));
    const simulated = "This copy of the book was built with simulated chips. So here one of the two was drawn by the simulator, and the other by a network that learned from simulated chips. ";
    box.replaceChildren(
      make("p", {}, `${chips.source === "real" ? "" : simulated}You see two chips side by side. One is ${real}, the other is generated. Choose the ${real} one: click it, tap it, or press the arrow key ← or →.`),
      go,
      make("p", { class: "satgan-small" }, "The seed decides which pairs you see, and in which order. Everyone who starts with the same seed sees the same."),
    );
  };

  const again = () =>
    button("Start again with another seed", () => {
      location.replace(`#seed=${anySeed()}`);
      start();
      box.querySelector("input").focus();
    });

  const begin = (event, wanted) => {
    event.preventDefault();
    state.seed = Math.min(tell.SEEDS - 1, Math.max(0, Math.round(+wanted || 0)));
    location.replace(`#seed=${state.seed}`);
    state.trials = tell.trials(state.seed, chips);
    state.answers = [];
    state.practice = 0;
    box.replaceChildren(question, pair, status, under);
    tries();
    look(pair, "center");
  };

  // ---- A pair

  const sides = ["left", "right"].map((side) => {
    const canvas = make("canvas", { width: chips.size, height: chips.size });
    const element = button("", () => answer(side), { class: "tell-chip", "aria-label": `The ${side} chip` });
    element.append(canvas);
    return { canvas, element };
  });
  const pair = make("div", { class: "tell-pair", role: "group", "aria-label": "A pair of chips" }, ...sides.map(({ element }) => element));
  const question = make("h3", { tabindex: -1 }, `Which one is ${real}?`);
  const status = make("p", { class: "tell-status", role: "status" });
  const bar = make("progress", { max: tell.TRIALS, "aria-label": "Pairs answered" });
  const back = button("Back", () => undo());
  const next = button("Next", () => nextPractice(), { class: "satgan-new" });
  const under = make("div", { class: "satgan-row" });

  const show = (number, left) => {
    sides.forEach(({ canvas }, i) => tell.paint(canvas, picture, chips, number, left === (i === 0)));
    state.shown = performance.now();
  };

  // The book's pages scroll with a header on top (tell.css keeps clear of it).
  const look = (element, block) => element.scrollIntoView({ block, behavior: "instant" });

  // Two pairs with their answers; both are shown to everyone, and count for nothing.
  const practising = () => state.practice < chips.practice;
  const tries = () => {
    show(chips.pairs + state.practice, state.practice % 2 === 1);
    under.replaceChildren();
    status.textContent = `Practice ${state.practice + 1} of ${chips.practice}.`;
    question.focus();
  };
  const feedback = (side) => {
    if (next.isConnected) return;
    const there = state.practice % 2 === 1 ? "left" : "right";
    const drawn = words(chips.pairs + state.practice);
    status.textContent = `${side === there ? "Right" : "Not this time"}: the ${there} chip is ${real}, the other was drawn by ${drawn}.`;
    next.textContent = state.practice + 1 < chips.practice ? "Next" : `Now the ${tell.TRIALS}, without answers`;
    under.replaceChildren(next);
    next.focus();
  };
  const nextPractice = () => {
    state.practice += 1;
    if (practising()) return tries();
    under.replaceChildren(back, bar);
    ask();
    question.focus();
    look(pair, "center");
  };

  const ask = () => {
    const at = state.answers.length, trial = state.trials[at];
    show(trial.pair, trial.real === "left");
    bar.value = at;
    back.disabled = at === 0;
    status.textContent = `Pair ${at + 1} of ${tell.TRIALS}.`;
  };
  const answer = (side) => {
    const seconds = (performance.now() - state.shown) / 1000;
    if (seconds < tell.PAUSE / 1000) return;
    if (practising()) return feedback(side);
    state.answers.push({ right: side === state.trials[state.answers.length].real, seconds });
    if (state.answers.length < tell.TRIALS) ask();
    else finish();
  };
  const undo = () => {
    state.answers.pop();
    ask();
    if (back.disabled) question.focus(); // a button that is disabled loses the keys
  };

  document.addEventListener("keydown", (event) => {
    const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
    const elsewhere = event.target.closest?.("input, textarea, select, summary, [contenteditable]");
    if (!side || !pair.isConnected || elsewhere || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!event.repeat) answer(side); // a key held down is one answer
  });

  // ---- The result

  const finish = () => {
    const right = state.answers.map((one) => one.right);
    const mark = Math.floor(Math.random() * 1024);
    const result = { source: chips.source, edition: chips.edition, seed: state.seed, right, mark };
    const heading = make("h3", { tabindex: -1 }, "Your result");
    box.replaceChildren(heading, ...total(right), ...split(result), ...code(tell.encode(result)), ...gallery(), again());
    heading.focus();
    look(heading, "start");
  };

  const total = (right) => {
    const n = right.filter(Boolean).length, interval = tell.wilson(n, tell.TRIALS);
    const share = `${n} of ${tell.TRIALS} right, ${tell.percent(n / tell.TRIALS)}.`;
    return [
      make("p", { class: "tell-total" }, share),
      make("p", {}, `With 95\u00a0% confidence you would be right in ${tell.interval(interval)} of many such pairs. ${tell.verdict(interval, "you")}`),
    ];
  };

  const split = (result) => {
    const parts = tell.byGenerator(result, chips).map((part, i) => ({ ...part, words: chips.generators[i].words, interval: tell.wilson(part.right, part.of) }));
    const rows = parts.map(({ words, right, of, interval }) => [words, `${right} of ${of}`, tell.percent(right / of), tell.interval(interval)]);
    return [
      make("h4", {}, "Which generator fooled you most?"),
      make("p", {}, fooled(parts)),
      tell.table("Your answers by generator", ["Drawn by", "Right", "Share", "95\u00a0% interval"], rows),
    ];
  };

  const fooled = (parts) => {
    if (parts.length === 1) return `All generated chips were drawn by ${parts[0].words}.`;
    const [first, second] = [...parts].sort((a, b) => a.right / a.of - b.right / b.of);
    const shares = [first, second].map((part) => part.right / part.of);
    if (shares[0] === shares[1]) return "Here none did: you were right as often with one as with another.";
    const most = `In these pairs it was ${first.words}.`;
    if (first.interval[1] > second.interval[0]) return `${most} But the intervals overlap, and so few answers may differ by luck. A class knows more.`;
    return `${most} The intervals do not overlap, so it is hardly luck.`;
  };

  const gallery = () => {
    const all = state.trials.map((trial, i) => ({ ...trial, ...state.answers[i], at: i + 1 }));
    const wrong = all.filter((one) => !one.right);
    const slow = all.filter((one) => one.right).sort((a, b) => b.seconds - a.seconds).slice(0, 4);
    const figure = ({ pair, real, at, seconds, right }) =>
      tell.answered(picture, chips, pair, real === "left", `Pair ${at}, ${right ? "right" : "wrong"} after ${seconds.toFixed(1)} s. Drawn by ${words(pair)}.`);
    const sheet = (some) => make("div", { class: "tell-gallery" }, ...some.map(figure));
    const found = [make("h4", {}, "Which were hardest?")];
    if (wrong.length) found.push(make("p", {}, wrong.length === 1 ? "The one that you got wrong:" : `The ${wrong.length} that you got wrong:`), sheet(wrong));
    else found.push(make("p", {}, "You got none wrong."));
    if (slow.length) found.push(make("p", {}, "Of those you got right, the ones that took you longest:"), sheet(slow));
    const rest = make("details", {}, make("summary", {}, `All ${tell.TRIALS} pairs with their answers`));
    rest.addEventListener("toggle", () => rest.children.length === 1 && rest.append(sheet(all)));
    return [...found, rest];
  };

  const code = (text) => {
    const output = make("output", { class: "tell-code" }, text);
    const copied = make("span", { role: "status" });
    const copy = button("Copy the code", async () => {
      copied.textContent = (await clipboard(output)) ? "Copied." : "Select the code and copy it.";
    });
    return [
      make("h4", {}, "Your result as a code"),
      make("p", {}, "Give this code to your teacher, who can add up the class. It holds the seed and which pairs you got right, and no name."),
      make("div", { class: "satgan-row" }, output, copy, copied),
    ];
  };

  async function clipboard(element) {
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  }

  addEventListener("hashchange", () => {
    const seed = box.querySelector("form input"); // only before a start
    if (seed) seed.value = seedInAddress() ?? seed.value;
  });
  start();
};

tell.start("trial", tell.trial);
