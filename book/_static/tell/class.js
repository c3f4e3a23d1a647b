"use strict";

// The page on which a teacher adds up a class: from codes to a picture and tables. Nothing is stored or sent.

// The codes in some text, a person a line, as {people, problems}; what stands before a code names the person.
tell.read = (text, chips) => {
  const people = [], problems = [], lines = new Map();
  text.split("\n").forEach((line, i) => {
    const say = (what) => problems.push(`Line ${i + 1}: ${what}`);
    if (!line.trim()) return;
    const found = [...line.matchAll(/TELL\d+[-0-9a-z]*/gi)];
    if (!found.length) return say("found no code; one begins with TELL1.");
    for (const match of found) {
      try {
        const result = tell.decode(match[0].replace(/-+$/, ""));
        if (result.source !== chips.source)
          throw new Error(`this code is about ${result.source} chips; this page was built with ${chips.source} ones.`);
        if (result.edition !== chips.edition)
          throw new Error("this code is about other pairs; take the class page of the same copy of the book.");
        const code = tell.encode(result);
        if (lines.has(code)) throw new Error(`the same code as on line ${lines.get(code)}; it counts once.`);
        lines.set(code, i + 1);
        const name = found.length === 1 ? line.slice(0, match.index).replace(/[\s:;,–-]+$/, "").trim() : "";
        people.push({ ...result, name: name || `Person ${people.length + 1}`, correct: result.right.filter(Boolean).length });
      } catch (error) {
        say(error.message);
      }
    }
  });
  return { people, problems };
};

// How often each pair was got wrong, the hardest first; pairs that hardly anybody saw are left out.
tell.hardest = (people, chips) => {
  const pairs = new Map();
  for (const { seed, right } of people) {
    tell.trials(seed, chips).forEach(({ pair }, i) => {
      const one = pairs.get(pair) ?? { pair, wrong: 0, of: 0 };
      pairs.set(pair, { ...one, of: one.of + 1, wrong: one.wrong + (right[i] ? 0 : 1) });
    });
  }
  const most = Math.max(...[...pairs.values()].map((one) => one.of));
  return [...pairs.values()]
    .filter((one) => one.wrong && one.of >= most / 2)
    .sort((a, b) => b.wrong / b.of - a.wrong / a.of || b.of - a.of || a.pair - b.pair);
};

// Twelve people who do not exist: some see more than others, some pairs are harder, and some generators.
tell.invented = (chips) => {
  const random = tell.random(2026);
  const hard = Array.from({ length: chips.pairs }, () => 0.3 * random() - 0.15);
  return Array.from({ length: 12 }, (_, i) => {
    const seed = Math.floor(random() * tell.SEEDS), skill = 0.65 + 0.25 * random();
    const right = tell.trials(seed, chips).map(({ pair }) => random() < skill - hard[pair] + 0.06 * tell.generator(pair, chips));
    const { source, edition } = chips;
    return `Invented ${i + 1}: ${tell.encode({ source, edition, seed, right, mark: Math.floor(random() * 1024) })}`;
  }).join("\n");
};

tell.class = (box, chips, picture) => {
  const { make, button } = tell;
  const words = (i) => chips.generators[i].words;

  const codes = make("textarea", { rows: 8, spellcheck: "false", autocapitalize: "characters" });
  const status = make("p", { role: "status" });
  const result = make("div", { class: "tell-result" });
  const label = make("label", {}, "Codes, a person a line", codes);
  const invent = () => {
    codes.value = tell.invented(chips);
    read();
  };
  const buttons = make("div", { class: "satgan-row" }, button("Add them up", () => read(), { class: "satgan-new" }), button("Try with an invented class", invent));
  box.replaceChildren(label, buttons, status, result);

  const read = () => {
    const { people, problems } = tell.read(codes.value, chips);
    const invented = people.some(({ name }) => /^invented/i.test(name)) ? " Some of these people are invented." : "";
    const codesRead = people.length === 1 ? "1 code was read" : `${people.length} codes were read`;
    status.textContent = `${codesRead}${problems.length ? `, and ${problems.length === 1 ? "1 problem was" : `${problems.length} problems were`} found` : ""}.${invented}`;
    result.replaceChildren();
    if (problems.length) result.append(make("ul", {}, ...problems.map((problem) => make("li", {}, problem))));
    if (people.length) result.append(...together(people), ...generators(people), ...pairs(people), each(people));
  };

  // ---- All together

  const whole = (people) => tell.pooled(people.map(({ correct }) => ({ right: correct, of: tell.TRIALS })));
  const parts = (people) => {
    const split = people.map((one) => tell.byGenerator(one, chips));
    return chips.generators.map((_, i) => tell.pooled(split.map((part) => part[i])));
  };
  const ends = ({ low, high }) => tell.interval([low, high]);

  const together = (people) => {
    const all = whole(people), n = people.length;
    const how =
      n === 1
        ? "The interval is Wilson's, of one person's answers."
        : `The interval is a t interval over the ${n} people, since people differ; it is about people like these, and about these chips.`;
    return [
      make("h3", {}, "The class"),
      make("p", { class: "tell-total" }, `${all.right} of ${all.of} right, ${tell.percent(all.share)}.`),
      make("p", {}, `The 95\u00a0% interval is ${ends(all)}. ${tell.verdict([all.low, all.high], "the class")} ${how}`),
      drawing(people, all, parts(people)),
    ];
  };

  // ---- The picture: a dot a person, and below it intervals; diamonds are a network that did the same.

  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const drawing = (people, all, split) => {
    const width = Math.max(280, Math.min(680, box.clientWidth - 40)), side = 26, line = 46;
    const stacks = new Map();
    for (const { correct } of people) stacks.set(correct, (stacks.get(correct) ?? 0) + 1);
    const lowest = Math.min(0.4, ...people.map(({ correct }) => correct / tell.TRIALS), ...split.map(({ low }) => low));
    const first = Math.floor(10 * lowest) / 10;
    const x = (share) => side + ((share - first) / (1 - first)) * (width - 2 * side);
    const r = Math.max(2.5, Math.min(5, (x(1 / tell.TRIALS) - x(0)) / 2.2));
    const floor = 30 + 2 * r * Math.max(...stacks.values()); // below the dots
    const rows = [{ ...all, words: "all pairs", apart: null }, ...split.map((part, i) => ({ ...part, words: words(i), apart: chips.generators[i].apart }))];
    const bottom = floor + 14 + line * rows.length;
    const text = (words, at, y, anchor = "middle") => svg("text", { x: at, y, "text-anchor": anchor }, words);

    const marks = [svg("line", { x1: x(0.5), x2: x(0.5), y1: 24, y2: bottom, class: "tell-chance" }), text("guessing", x(0.5), 14)];
    for (const [correct, n] of stacks)
      for (let i = 0; i < n; i++) marks.push(svg("circle", { cx: x(correct / tell.TRIALS), cy: floor - r - 2 * r * i, r, class: "tell-dot" }));
    rows.forEach(({ words, share, low, high, apart }, i) => {
      const y = floor + 14 + line * (i + 0.75);
      marks.push(text(words, side, y - 14, "start"));
      marks.push(svg("line", { x1: x(low), x2: x(high), y1: y, y2: y, class: "tell-interval" }), svg("circle", { cx: x(share), cy: y, r: 6, class: "tell-share" }));
      for (const { auc } of apart ?? []) marks.push(svg("path", { d: `M${x(auc)} ${y - 7}l6 7l-6 7l-6 -7z`, class: "tell-network" }));
    });
    marks.push(svg("line", { x1: x(first), x2: x(1), y1: bottom, y2: bottom, class: "tell-axis" }));
    for (let tenth = Math.round(10 * first); tenth <= 10; tenth += 1) marks.push(text(`${10 * tenth} %`, x(tenth / 10), bottom + 18));

    const networks = rows.some(({ apart }) => apart);
    const about = rows.map((row) => `${row.words} ${tell.percent(row.share)}, ${ends(row)}`).join("; ");
    const image = svg("svg", { viewBox: `0 0 ${width} ${bottom + 26}`, width, role: "img", "aria-label": `Shares right of ${people.length} people. ${about}.` }, ...marks);
    const caption = `Small dots: a person each, by the share right. Below: the share right of all, with its 95 % interval, for all pairs and for each generator.${networks ? ` Diamonds: a network that was asked the same, on chips shrunk to ${sizes().join(", ")} pixels.` : ""}`;
    return make("figure", { class: "tell-figure" }, image, make("figcaption", {}, caption));
  };

  const sizes = () => chips.generators.find(({ apart }) => apart)?.apart.map(({ pixels }) => pixels) ?? [];

  // ---- Beside it: what the rulers say

  const generators = (people) => {
    const split = parts(people), measured = sizes();
    const none = "not recorded";
    const network = (pixels) => ({ apart }) => {
      const found = apart?.find((one) => one.pixels === pixels);
      return found ? tell.percent(found.auc) : none;
    };
    const rows = [
      ["The class", ...split.map(({ share }) => tell.percent(share))],
      ["its 95\u00a0% interval", ...split.map(ends)],
      ...measured.map((pixels) => [`Network, ${pixels}\u00a0pixels`, ...chips.generators.map(network(pixels))]),
    ];
    if (measured.length) rows.push(["KID", ...chips.generators.map(({ kid }) => (kid ? kid.score.toFixed(2) : none))]);
    return [
      make("h3", {}, "Eyes beside rulers"),
      make("p", {}, fooled(split)),
      make("p", {}, measured.length ? rulers() : "Chapter 9's rulers were recorded for the generators of real chips. This copy was built with simulated chips, so there are none to put beside."),
      tell.table("The class and the rulers", ["Ruler", ...chips.generators.map(({ words }) => words)], rows),
    ];
  };

  const rulers = () => {
    const inside = chips.generators.filter(({ kid }) => kid && kid.score <= kid.limit);
    const limit = inside.map(({ kid }) => kid.limit.toFixed(2))[0];
    const kid = inside.length ? ` KID finds no fault with ${inside.map(({ words }) => words).join(" and ")}: real ships of other days score up to ${limit}.` : "";
    return `A network's number is its AUC: of one real and one generated chip, how often it gives the real one the higher score. The class answered the same question, so the two shares can be compared. The network saw the chips shrunk to fewer pixels, or whole (${Math.max(...sizes())} pixels).${kid}`;
  };

  const fooled = (split) => {
    if (split.length === 1) return `All generated chips were drawn by ${words(0)}.`;
    const order = split.map((part, i) => ({ ...part, words: words(i) })).sort((a, b) => a.share - b.share);
    const apart = order[0].high < order[1].low;
    return `People were right least often with ${order[0].words} (${tell.percent(order[0].share)}), next with ${order[1].words} (${tell.percent(order[1].share)}). ${apart ? "The intervals do not overlap, so this is hardly luck." : "The intervals overlap, so this may be luck."}`;
  };

  // ---- The hardest pairs, and every person

  const pairs = (people) => {
    const some = tell.hardest(people, chips).slice(0, 6);
    if (!some.length) return [make("h3", {}, "The hardest pairs"), make("p", {}, "Nobody got a pair wrong.")];
    const left = (pair) => pair % 4 < 2; // else the answer would always stand on one side
    const figures = some.map(({ pair, wrong, of }) => tell.answered(picture, chips, pair, left(pair), `Wrong: ${wrong} of ${of}. Drawn by ${words(tell.generator(pair, chips))}.`));
    const note = people.length < 10 ? " With so few people the order may be luck." : "";
    return [make("h3", {}, "The hardest pairs"), make("p", {}, `Those that most people got wrong, of the pairs that many saw.${note}`), make("div", { class: "tell-gallery" }, ...figures)];
  };

  const each = (people) => {
    const rows = people.map(({ name, correct, seed }) => [name, `${correct} of ${tell.TRIALS}`, tell.interval(tell.wilson(correct, tell.TRIALS)), seed]);
    return make("details", {}, make("summary", {}, "Every person, as a table"), tell.table("Every person", ["Person", "Right", "95\u00a0% interval", "Seed"], rows));
  };
};

tell.start("class", tell.class);
