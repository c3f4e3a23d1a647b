"use strict";

// The page "Can you tell?": two pairs for practice, forty trials, a result. Nothing is stored or sent; a result stands as its
// code in the address, so that it is still there when the page is loaded again.

tell.trial = (box, chips, pictures) => {
  const { make, button } = tell;
  const [real, generated] = tell.kinds[chips.source];
  const words = (pair) => chips.generators[tell.generator(pair, chips)].words;
  const LAST = tell.TRIALS - 1;

  tell.PAUSE = 250; // milliseconds in which a second answer is taken for a slip: nobody looks that fast
  // `at` is the trial that is shown, none in practice; `answers` are the sides chosen, with how long it took.
  const state = { seed: 0, pixels: tell.SIZES[0], trials: [], answers: [], practice: 0, at: null, shown: 0, code: null };

  // ---- The address: can-you-tell.html#seed=7, with &pixels=20 for smaller chips, or the code of a result

  const anySeed = () => Math.floor(Math.random() * tell.SEEDS);
  const wanted = () => {
    const seed = /^#seed=(\d{1,4})(?:&|$)/.exec(location.hash)?.[1];
    const pixels = +/[#&]pixels=(\d+)(?:&|$)/.exec(location.hash)?.[1];
    return { seed: seed ? +seed : null, pixels: tell.SIZES.includes(pixels) ? pixels : null };
  };
  const address = () => location.replace(`#seed=${state.seed}${state.pixels === tell.SIZES[0] ? "" : `&pixels=${state.pixels}`}`);

  const open = () => {
    const code = location.hash.slice(1);
    if (!/^TELL/i.test(code)) return arrive();
    try {
      const result = tell.decode(decodeURIComponent(code));
      if (result.source !== chips.source || result.edition !== chips.edition)
        throw new Error("it is about other pairs than those of this copy of the book.");
      showResult(result, []);
    } catch (error) {
      arrive(`The code in the address cannot be shown: ${error.message}`);
    }
  };

  // ---- What all pairs are shown with

  const sides = ["left", "right"].map((side) => {
    const canvas = make("canvas");
    const name = make("span", { class: "tell-name", "aria-hidden": "true" });
    const element = button("", () => answer(side), { class: "tell-chip", "aria-label": `The ${side} chip` });
    element.append(canvas);
    return { side, canvas, name, element };
  });
  const halves = sides.map(({ element, name }) => make("div", {}, element, name));
  const pair = make("div", { class: "tell-pair", role: "group", "aria-label": "A pair of chips" }, ...halves);
  const question = make("h3", { tabindex: -1 }, `Which one is ${real}?`);
  const status = make("p", { class: "tell-status", role: "status", id: "tell-status" });
  const bar = make("progress", { max: tell.TRIALS, "aria-label": "Pairs answered" });
  const back = button("Back", () => go(-1));
  const next = button("", () => forward(), { "aria-describedby": status.id });
  const under = make("div", { class: "satgan-row" });

  const show = (number, left) => {
    sides.forEach(({ canvas }, i) => tell.paint(canvas, pictures, chips, number, left === (i === 0), state.pixels));
    state.shown = performance.now();
  };
  const label = (names) => sides.forEach(({ name }, i) => (name.textContent = names?.[i] ?? ""));
  const choose = (chosen) => sides.forEach(({ side, element }) => element.classList.toggle("tell-chosen", side === chosen));
  const press = (words, main) => {
    next.textContent = words;
    next.classList.toggle("satgan-new", main);
  };

  // The book's pages scroll with a header on top (tell.css keeps clear of it).
  const look = (element, block) => element.scrollIntoView({ block, behavior: "instant" });

  // ---- Arrival, and two pairs with their answers: all see both, and they count for nothing

  const arrive = (note) => {
    const { seed, pixels } = wanted();
    Object.assign(state, { seed: seed ?? anySeed(), pixels: pixels ?? state.pixels, answers: [], practice: 0, at: null, code: null });
    const hint = make("p", { class: "satgan-small" }, "Click or tap it", make("span", { class: "tell-keys" }, ", or press the arrow key ← or →; Enter goes on"), ".");
    const said = [];
    if (note) said.push(make("p", { role: "alert" }, note));
    if (chips.source !== "real")
      said.push(make("p", {}, "This copy of the book was built with simulated chips. So here one of the two was drawn by the simulator, and the other by a network that learned from simulated chips."));
    box.replaceChildren(...said, question, hint, pair, status, under, options());
    practise();
  };

  const options = () => {
    const size = (pixels) => {
      const radio = make("input", { type: "radio", name: "tell-pixels", value: pixels, onchange: () => resize(pixels) });
      radio.checked = pixels === state.pixels;
      return make("label", {}, radio, ` ${tell.square(pixels)}`);
    };
    const resize = (pixels) => {
      state.pixels = pixels;
      address();
      if (state.at === null) draw();
    };
    const seed = make("input", { type: "number", min: 0, max: tell.SEEDS - 1, step: 1, inputmode: "numeric", value: state.seed });
    seed.addEventListener("change", () => {
      state.seed = Math.min(tell.SEEDS - 1, Math.max(0, Math.round(+seed.value || 0)));
      seed.value = state.seed;
      address();
    });
    // A size that was clicked gives the arrow keys back to the chips; who came to it by keys goes on by keys.
    const leave = (event) => event.detail && setTimeout(() => document.activeElement.closest("fieldset") && document.activeElement.blur());
    return make(
      "details",
      {},
      make("summary", {}, "Fewer pixels? The same pairs as a friend?"),
      make("fieldset", { class: "satgan-row", onclick: leave }, make("legend", {}, "Pixels of each chip"), ...tell.SIZES.map(size)),
      make("p", { class: "satgan-small" }, "Networks were asked the same question about chips that were shrunk. You can be asked about shrunk chips too."),
      make("div", { class: "satgan-row" }, make("label", {}, "Seed ", seed)),
      make("p", { class: "satgan-small" }, "The seed decides which pairs you see, and in which order. All who take the same seed see the same pairs."),
    );
  };

  const there = () => (state.practice % 2 ? "left" : "right");
  const draw = () => show(chips.pairs + state.practice, there() === "left");
  const practise = () => {
    draw();
    label();
    choose();
    press("Skip practice", false);
    under.replaceChildren(next);
    status.textContent = `Practice ${state.practice + 1} of ${chips.practice}.`;
    state.answered = false;
  };
  const feedback = (side) => {
    if (state.answered) return;
    state.answered = true;
    label(there() === "left" ? [real, generated] : [generated, real]);
    choose(side);
    const drawn = words(chips.pairs + state.practice);
    status.textContent = `${side === there() ? "Right" : "Not this time"}: the ${there()} chip is ${real}, the other was drawn by ${drawn}.`;
    press(state.practice + 1 < chips.practice ? "Next" : `Now the ${tell.TRIALS}, without answers`, true);
    next.focus();
  };

  // ---- The forty

  const begin = () => {
    address();
    Object.assign(state, { trials: tell.trials(state.seed, chips), answers: [], at: 0, code: null });
    box.replaceChildren(question, pair, status, under);
    under.replaceChildren(back, bar, next);
    label();
    ask();
    question.focus();
    look(pair, "center");
  };

  const ask = () => {
    const trial = state.trials[state.at], chosen = state.answers[state.at]?.side;
    show(trial.pair, trial.real === "left");
    said();
    choose(chosen);
  };
  const said = () => {
    const chosen = state.answers[state.at]?.side, done = state.answers.length === tell.TRIALS;
    bar.value = state.answers.length;
    back.disabled = state.at === 0;
    press(done ? "See my result" : "Next", done);
    next.disabled = !chosen && !done;
    status.textContent = `Pair ${state.at + 1} of ${tell.TRIALS}.${chosen ? ` You chose the one on the ${chosen}.` : ""}`;
  };
  const go = (step) => {
    const focused = document.activeElement; // asked before: a browser may take the focus at once from what is disabled
    state.at += step;
    ask();
    if (focused.disabled) question.focus(); // it would lose the keys
  };

  const answer = (side) => {
    const seconds = (performance.now() - state.shown) / 1000;
    if (seconds < tell.PAUSE / 1000) return;
    if (state.at === null) return feedback(side);
    const first = state.answers.length < tell.TRIALS;
    state.answers[state.at] = { side, right: side === state.trials[state.at].real, seconds };
    if (state.at < LAST) return go(1);
    choose(side);
    said();
    if (first) next.focus({ preventScroll: true });
  };

  const forward = () => {
    if (state.at === null) {
      if (!state.answered) return begin();
      state.practice += 1;
      if (state.practice === chips.practice) return begin();
      practise();
      question.focus({ preventScroll: true });
    } else if (state.answers.length === tell.TRIALS) finish();
    else go(1);
  };

  document.addEventListener("keydown", (event) => {
    const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
    const elsewhere = event.target.closest?.("input, textarea, select, [contenteditable], .tell-table");
    if (!side || !pair.isConnected || elsewhere || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!event.repeat) answer(side); // a key held down is one answer
  });

  addEventListener("beforeunload", (event) => {
    if (!pair.isConnected || !state.answers.length) return;
    event.preventDefault();
    event.returnValue = true;
  });

  // ---- The result

  const finish = () => {
    const right = state.answers.map((one) => one.right);
    const mark = Math.floor(Math.random() * 1024);
    const { seed, pixels } = state;
    const result = { source: chips.source, edition: chips.edition, seed, pixels, right, mark };
    const heading = showResult(result, state.answers.map(({ seconds }) => seconds));
    location.replace(`#${state.code}`);
    heading.focus();
    look(heading, "start");
  };

  // `seconds`: how long each answer took, or nothing where the result comes from a code.
  const showResult = (result, seconds) => {
    const { seed, pixels, right } = result;
    Object.assign(state, { seed, pixels, trials: tell.trials(seed, chips), code: tell.encode(result) });
    const heading = make("h3", { tabindex: -1 }, "Your result");
    box.replaceChildren(heading);
    box.append(...total(result), ...more(), ...looked(), ...code(state.code), ...split(result), ...gallery(right, seconds), ...again());
    return heading;
  };

  const total = (result) => {
    const { right, pixels } = result;
    const n = right.filter(Boolean).length, interval = tell.wilson(n, tell.TRIALS);
    const parts = tell.byGenerator(result, chips), networks = tell.networks(parts, chips);
    const eyes = { share: n / tell.TRIALS, low: interval[0], high: interval[1] };
    const verdict = `If you did thousands of such pairs, you would probably be right in ${tell.interval(interval)} of them (95\u00a0% interval). ${tell.verdict(interval, "you")}`;
    const aucs = networks.map((one) => `${tell.percent(one.auc)} at ${one.pixels}`).join(", ");
    const said = `You were right in ${tell.percent(eyes.share)}, ${tell.interval(interval)}. ${networks.length ? `Networks, by pixels: ${aucs}.` : ""} Guessing gives 50\u00a0%.`;
    const caption = `Your share right, with its 95\u00a0% interval${networks.length ? ". Diamonds: networks that were asked the same, on chips of so many pixels" : ""}.`;
    return [
      make("p", { class: "tell-total" }, `${n} of ${tell.TRIALS} right, ${tell.percent(eyes.share)}${pixels === chips.size ? "" : `, at ${tell.square(pixels)} pixels`}.`),
      make("p", {}, verdict),
      tell.figure(box, [], [{ words: networks.length ? "you and networks" : "you", rows: tell.rows(new Map([[pixels, eyes]]), networks) }], said, caption),
      make("p", {}, beside(eyes, pixels, networks, aucs)),
    ];
  };

  // The networks' numbers beside a person's, and what follows.
  const beside = (eyes, pixels, networks, aucs) => {
    if (!networks.length)
      return chips.source === "real"
        ? "Not every generator of this page was shown to networks, so there is no number of theirs to put beside yours."
        : "Networks were asked the same about the generators for real chips. This copy was built with simulated chips, so there is no number of theirs to put beside yours.";
    const same = networks.find((one) => one.pixels === pixels), enough = networks.find((one) => one.auc >= eyes.share);
    const parts = [`You, at ${pixels}\u00a0pixels: ${tell.percent(eyes.share)}. A network: ${aucs}\u00a0pixels.`];
    if (same) {
      if (same.auc > eyes.high) parts.push(`So at ${pixels}\u00a0pixels the network sees a difference that you missed.`);
      else if (same.auc < eyes.low) parts.push(`So at ${pixels}\u00a0pixels you see more than the network.`);
      else parts.push(`So at ${pixels}\u00a0pixels you and the network are about equally good: its number lies within your interval.`);
    }
    if (enough && enough.pixels < pixels) parts.push(`It needs only ${enough.pixels}\u00a0pixels to do as well as you.`);
    return parts.join(" ");
  };

  const more = () => {
    const others = tell.SIZES.filter((pixels) => pixels !== state.pixels);
    const run = (pixels) => {
      state.pixels = pixels;
      begin();
    };
    return [
      make("p", {}, "Would you do as well with other sizes? The answers stand below; look at them when you have done the sizes that you want to do."),
      make("div", { class: "satgan-row" }, ...others.map((pixels) => button(`The same forty at ${tell.square(pixels)}`, () => run(pixels)))),
    ];
  };

  // What gives generated chips away stands on the page, folded; a copy of it comes here.
  const looked = () => {
    const clues = document.querySelector("details[data-tell-clues]");
    if (!clues) return [];
    const copy = make("details", { class: "tell-clues" }, make("summary", {}, "What gives them away"));
    copy.append(...[...clues.cloneNode(true).childNodes].filter((node) => node.localName !== "summary"));
    return [
      make("h4", {}, "What did you look at?"),
      make("p", {}, "Write down three things. Then open the list and compare."),
      copy,
    ];
  };

  const split = (result) => {
    const parts = tell.byGenerator(result, chips);
    const rows = parts.map(({ right, of }, i) => [chips.generators[i].words, `${right} of ${of}`, tell.percent(right / of), tell.interval(tell.wilson(right, of))]);
    return [
      make("h4", {}, "Which generator fooled you most?"),
      make("p", {}, tell.fooled([result], chips, "you")),
      tell.table("Your answers by generator", ["Drawn by", "Right", "Share", "95\u00a0% interval"], rows),
      tell.makers(chips),
    ];
  };

  const gallery = (right, seconds) => {
    const all = state.trials.map((trial, i) => ({ ...trial, right: right[i], seconds: seconds[i], at: i + 1 }));
    const wrong = all.filter((one) => !one.right);
    const slow = all.filter((one) => one.right && one.seconds !== undefined).sort((a, b) => b.seconds - a.seconds).slice(0, 4);
    const figure = ({ pair, real, at, seconds, right }) => {
      const took = seconds === undefined ? "" : ` after ${seconds.toFixed(1)} s`;
      return tell.answered(pictures, chips, pair, real === "left", state.pixels, `Pair ${at}, ${right ? "right" : "wrong"}${took}. Drawn by ${words(pair)}.`);
    };
    const sheet = (some) => make("div", { class: "tell-gallery" }, ...some.map(figure));
    const found = [make("h4", {}, "Which were hardest?")];
    if (wrong.length) found.push(make("p", {}, wrong.length === 1 ? "You got this one wrong:" : `You got these ${wrong.length} wrong:`), sheet(wrong));
    else found.push(make("p", {}, "You got none wrong."));
    if (slow.length) found.push(make("p", {}, "These you got right, and they took you longest:"), sheet(slow));
    const rest = make("details", {}, make("summary", {}, `All ${tell.TRIALS} pairs with their answers`));
    rest.addEventListener("toggle", () => rest.children.length === 1 && rest.append(sheet(all)));
    return [...found, rest];
  };

  const again = () => {
    const start = () => {
      state.seed = anySeed();
      address();
      arrive();
      next.focus();
      look(pair, "center");
    };
    return [button("Start again with another seed", start)];
  };

  const code = (text) => {
    const output = make("output", { class: "tell-code" }, text);
    const copied = make("span", { role: "status" });
    const copy = button("Copy the code", async () => {
      copied.textContent = (await clipboard(output)) ? "Copied." : "Select the code and copy it.";
    });
    return [
      make("h4", {}, "Your result as a code"),
      make("p", {}, "Give this code to your teacher, who can add up the class. It holds the seed, the size and which pairs you got right, and no name. It stands in the address of this page too, so a bookmark keeps your result."),
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

  // Another address, typed or followed, counts where no answer would be lost.
  addEventListener("hashchange", () => {
    const { seed, pixels } = wanted();
    const running = state.at !== null && !state.code;
    const known = state.code ? location.hash === `#${state.code}` : seed === state.seed && (pixels ?? tell.SIZES[0]) === state.pixels;
    if (!running && !known && (seed !== null || /^#TELL/i.test(location.hash))) {
      if (seed !== null) state.pixels = tell.SIZES[0];
      open();
    }
  });
  open();
};

tell.start("trial", tell.trial);
