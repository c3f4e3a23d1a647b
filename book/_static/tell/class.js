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

// The picture of a class, an SVG so many pixels wide: a dot for each of the `shares` of people, stacked where they are the
// same, and below these the `rows`, each a share with its interval, and diamonds for the networks. `said`: what it shows.
tell.drawing = (shares, rows, width, said) => {
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const text = (words, x, y, anchor = "middle") => svg("text", { x, y, "text-anchor": anchor }, words);
  const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });
  const dot = (cx, cy, r, kind) => svg("circle", { cx, cy, r, class: kind });

  const side = 26, high = 46; // the margin for the numbers at the axis, and the height of a row
  const left = Math.floor(10 * Math.min(0.4, ...shares, ...rows.map((row) => row.low))) / 10; // the least share on the axis
  const x = (share) => side + ((share - left) / (1 - left)) * (width - 2 * side);
  const radius = Math.max(2.5, Math.min(5, (x(1 / tell.TRIALS) - x(0)) / 2.2)); // neighbours do not touch
  const stacks = new Map();
  for (const share of shares) stacks.set(share, (stacks.get(share) ?? 0) + 1);
  const ground = 30 + 2 * radius * Math.max(...stacks.values()), bottom = ground + 14 + high * rows.length;

  const marks = [line(x(0.5), 24, x(0.5), bottom, "tell-chance"), text("guessing", x(0.5), 14)];
  for (const [share, n] of stacks)
    for (let i = 0; i < n; i++) marks.push(dot(x(share), ground - radius - 2 * radius * i, radius, "tell-dot"));
  rows.forEach((row, i) => {
    const y = ground + 14 + high * (i + 0.75);
    marks.push(text(row.words, side, y - 14, "start"), line(x(row.low), y, x(row.high), y, "tell-interval"), dot(x(row.share), y, 6, "tell-share"));
    for (const auc of row.networks) marks.push(svg("path", { d: `M${x(auc)} ${y - 7}l6 7l-6 7l-6 -7z`, class: "tell-network" }));
  });
  marks.push(line(x(left), bottom, x(1), bottom, "tell-axis"));
  for (let tenth = Math.round(10 * left); tenth <= 10; tenth++) marks.push(text(`${10 * tenth} %`, x(tenth / 10), bottom + 18));
  return svg("svg", { viewBox: `0 0 ${width} ${bottom + 26}`, width, role: "img", "aria-label": said }, ...marks);
};

tell.class = (box, chips, picture) => {
  const { make, button } = tell;
  const words = (i) => chips.generators[i].words;

  const codes = make("textarea", { rows: 8, spellcheck: "false", autocapitalize: "characters" });
  const status = make("p", { role: "status" });
  const result = make("div", { class: "tell-result" });
  const label = make("label", {}, "Codes, one person per line", codes);
  const invent = () => {
    codes.value = tell.invented(chips);
    read();
  };
  const buttons = make("div", { class: "satgan-row" }, button("Add them up", () => read(), { class: "satgan-new" }), button("Try with an invented class", invent));
  box.replaceChildren(label, buttons, status, result);

  const read = () => {
    const { people, problems } = tell.read(codes.value, chips);
    const counted = (n, what) => (n === 1 ? `1 ${what} was` : `${n} ${what}s were`);
    const said = [`${counted(people.length, "code")} read.`];
    if (problems.length) said.push(`${counted(problems.length, "problem")} found.`);
    const invented = people.filter(({ name }) => /^invented/i.test(name)).length;
    if (invented) said.push(invented === people.length ? "All these people are invented." : `${invented} of these people are invented.`);
    status.textContent = said.join(" ");
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
      figure(people, all, parts(people)),
    ];
  };

  const figure = (people, all, split) => {
    const rows = [{ ...all, words: "all pairs", networks: [] }];
    split.forEach((part, i) => rows.push({ ...part, words: words(i), networks: (chips.generators[i].apart ?? []).map(({ auc }) => auc) }));
    const shares = people.map(({ correct }) => correct / tell.TRIALS);
    const said = rows.map((row) => `${row.words} ${tell.percent(row.share)}, ${ends(row)}`).join("; ");
    const image = tell.drawing(shares, rows, Math.max(280, Math.min(680, box.clientWidth - 40)), `Shares right of ${people.length} people. ${said}.`);
    const diamonds = sizes().length ? ` Diamonds: a network that was asked the same, on chips of ${sizes().join(", ")} pixels.` : "";
    const caption = `Small dots: one for each person, by the share right. Below them: the share right of all, with its 95\u00a0% interval, for all pairs and for each generator.${diamonds}`;
    return make("figure", { class: "tell-figure" }, image, make("figcaption", {}, caption));
  };

  // The sizes at which a network was asked.
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
    const figures = some.map(({ pair, wrong, of }) => tell.answered(picture, chips, pair, true, `Wrong: ${wrong} of ${of}. Drawn by ${words(tell.generator(pair, chips))}.`));
    const note = people.length < 10 ? " With so few people the order may be luck." : "";
    return [make("h3", {}, "The hardest pairs"), make("p", {}, `Those that most people got wrong, of the pairs that many saw.${note}`), make("div", { class: "tell-gallery" }, ...figures)];
  };

  const each = (people) => {
    const rows = people.map(({ name, correct, seed }) => [name, `${correct} of ${tell.TRIALS}`, tell.interval(tell.wilson(correct, tell.TRIALS)), seed]);
    return make("details", {}, make("summary", {}, "Every person, as a table"), tell.table("Every person", ["Person", "Right", "95\u00a0% interval", "Seed"], rows));
  };
};

tell.start("class", tell.class);
