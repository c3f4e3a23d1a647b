"use strict";

// The page on which a teacher adds up a class: from codes to a chart and tables. Nothing is stored or sent.

// The codes in some text, a person a line, as {people, problems, twice}: `twice` is how many came again. A name stands before a
// code or behind it.
tell.read = (text, chips) => {
  const people = [], problems = [], seen = new Set();
  let twice = 0;
  tell.plain(text).split("\n").forEach((line, i) => {
    if (!line.trim()) return;
    const found = tell.find(line);
    const start = line.trim().slice(0, 24);
    if (!found.length) return problems.push(`“${start}” (line ${i + 1}): found no code; one begins with TELL1.`);
    for (const { code, before, after } of found) {
      const name = found.length === 1 ? tell.who(before, after) : "";
      try {
        const result = tell.decode(code);
        if (result.source !== chips.source)
          throw new Error(`this code is about ${result.source} chips; this page was built with ${chips.source} ones.`);
        if (result.edition !== chips.edition)
          throw new Error("this code is about other pairs; take the class page of the same copy of the book.");
        const same = tell.encode(result);
        if (seen.has(same)) twice += 1;
        else people.push({ ...result, name: name || `Person ${people.length + 1}`, correct: result.right.filter(Boolean).length });
        seen.add(same);
      } catch (error) {
        problems.push(`${name ? `${name} (line ${i + 1})` : `Line ${i + 1}`}: ${error.message}`);
      }
    }
  });
  return { people, problems, twice };
};

// How often each pair was got wrong, the hardest first; pairs that hardly anybody saw are left out.
tell.hardest = (people, chips) => {
  const pairs = new Map();
  for (const { seed, right } of people) {
    tell.trials(seed, chips).forEach(({ pair }, i) => {
      const one = pairs.get(pair) ?? { pair, at: i + 1, wrong: 0, of: 0 };
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
    return `Invented ${i + 1}: ${tell.encode({ source, edition, seed, pixels: tell.SIZES[0], right, mark: Math.floor(random() * 1024) })}`;
  }).join("\n");
};

tell.class = (box, chips, pictures) => {
  const { make, button } = tell;
  const words = (i) => chips.generators[i].words;

  // ---- The codes

  const codes = make("textarea", { rows: 8, spellcheck: "false", autocapitalize: "characters", oninput: () => offer() });
  const status = make("p", { role: "status" });
  const result = make("div", { class: "tell-result" });
  const label = make("label", {}, "Codes, one person per line", codes);
  const invented = tell.invented(chips);
  // The invented class never takes the place of what somebody pasted.
  const invent = button("Try with an invented class", () => {
    codes.value = codes.value === invented ? "" : invented;
    offer();
    read();
  });
  const offer = () => {
    invent.textContent = codes.value === invented ? "Remove the invented class" : "Try with an invented class";
    invent.disabled = Boolean(codes.value.trim()) && codes.value !== invented;
  };
  const buttons = make("div", { class: "satgan-row" }, button("Add them up", () => read(), { class: "satgan-new" }), invent);
  box.replaceChildren(label, buttons, status, result);
  offer();

  addEventListener("beforeunload", (event) => {
    if (!codes.value.trim() || codes.value === invented) return;
    event.preventDefault();
    event.returnValue = true;
  });

  const read = () => {
    const { people, problems, twice } = tell.read(codes.value, chips);
    const said = [people.length === 1 ? "1 code was read." : `${people.length} codes were read.`];
    if (twice) said.push(twice === 1 ? "1 came twice and counts once." : `${twice} came again and count once.`);
    if (problems.length) said.push(`${problems.length === 1 ? "1 problem was" : `${problems.length} problems were`} found; ${people.length ? "see below the result" : "see below"}.`);
    const made = people.filter(({ name }) => /^invented/i.test(name)).length;
    if (made) said.push(made === people.length ? "All these people are invented." : `${made} of these people are invented.`);
    status.textContent = said.join(" ");
    result.replaceChildren();
    if (people.length) result.append(...together(people), ...generators(people), ...pairs(people), each(people));
    if (problems.length) result.append(unread(problems, !people.length));
  };

  const unread = (problems, open) => {
    const list = make("ul", {}, ...problems.map((problem) => make("li", {}, problem)));
    return make("details", { class: "tell-problems", open: open ? "" : null }, make("summary", {}, "What could not be read"), list);
  };

  // ---- All together, at each size at which somebody looked

  const who = (people) => (people.length === 1 ? "this person" : "the class");
  const bySize = (people) =>
    tell.SIZES.map((pixels) => ({ pixels, people: people.filter((one) => one.pixels === pixels) })).filter(({ people }) => people.length);
  const whole = (people) => tell.pooled(people.map(({ correct }) => ({ right: correct, of: tell.TRIALS })));
  const parts = (people) => {
    const split = people.map((one) => tell.byGenerator(one, chips));
    return chips.generators.map((_, i) => tell.pooled(split.map((part) => part[i])));
  };
  const ends = ({ low, high }) => tell.interval([low, high]);

  const how = (by, n) => {
    const student = make("em", {}, "t");
    if (n === 1) return ["The interval is Wilson's, of one person's answers."];
    if (by === "t") return ["The interval is a ", student, ` interval over the ${n} people, since people differ.`];
    if (by === "both") return ["At each of its ends the interval is the wider of two: a ", student, ` interval over the ${n} people, and Wilson's of all answers.`];
    return [`The interval is Wilson's, of all answers: the ${n} people agree so closely that an interval over people would be narrower.`];
  };

  const together = (people) => {
    const sizes = bySize(people);
    const at = (pixels) => (sizes.length > 1 || pixels !== chips.size ? `, at ${tell.square(pixels)} pixels` : "");
    const totals = sizes.flatMap(({ pixels, people }) => {
      const all = whole(people), n = people.length;
      const likely = n === 1 ? "If this person did thousands of such pairs, the share right would probably be" : "If many more people like these did it, their share right would probably be";
      return [
        make("p", { class: "tell-total" }, `${all.right} of ${all.of} right, ${tell.percent(all.share)}${at(pixels)}.`),
        make("p", {}, `${likely} ${ends(all)} (95\u00a0% interval). ${tell.verdict([all.low, all.high], who(people))} `, ...how(all.by, n)),
      ];
    });
    return [make("h3", {}, people.length === 1 ? "One person" : "The class"), ...totals, figure(people, sizes)];
  };

  const figure = (people, sizes) => {
    const eyes = (pick) => new Map(sizes.map(({ pixels, people }) => [pixels, pick(people)]));
    const mean = tell.networks(parts(people), chips);
    const groups = [{ words: "all pairs", rows: tell.rows(eyes(whole), mean) }];
    if (chips.generators.length > 1)
      chips.generators.forEach(({ words, apart }, i) => groups.push({ words, rows: tell.rows(eyes((some) => parts(some)[i]), apart ?? []) }));
    const strips = people.length < 2 ? [] : sizes.map(({ pixels, people }) => ({ words: `each person, at ${pixels} pixels`, shares: people.map(({ correct }) => correct / tell.TRIALS) }));
    const row = ({ pixels, eyes }) => (eyes ? ` at ${pixels} pixels ${tell.percent(eyes.share)}, ${ends(eyes)}` : "");
    const said = groups.map(({ words, rows }) => `${words}${rows.map(row).filter(Boolean).join(",")}`).join("; ");
    const caption = [
      strips.length ? "Small dots: one for each person." : "",
      "Large dots: the share right of all answers, with its 95\u00a0% interval.",
      asked().length ? "Diamonds: a network that was asked the same, with its interval for one generator. px: pixels of a chip's side." : "px: pixels of a chip's side.",
    ];
    return tell.figure(box, strips, groups, `Shares right of ${people.length} people: ${said}.`, caption.filter(Boolean).join(" "));
  };

  // The sizes at which a network was asked.
  const asked = () => chips.generators.find(({ apart }) => apart)?.apart.map(({ pixels }) => pixels) ?? [];

  // ---- Beside it: what networks and KID say

  const generators = (people) => {
    const measured = asked(), none = "not recorded";
    const sizes = bySize(people);
    const network = (pixels) => ({ apart }) => {
      const found = apart?.find((one) => one.pixels === pixels);
      return found ? tell.percent(found.auc) : none;
    };
    const rows = [...new Set([...tell.SIZES, ...measured])]
      .sort((a, b) => b - a)
      .flatMap((pixels) => {
        const some = sizes.find((one) => one.pixels === pixels)?.people;
        const split = some && parts(some);
        return [
          ...(some ? [[`${tell.capital(who(some))}, ${pixels}\u00a0pixels`, ...split.map(({ share }) => tell.percent(share))]] : []),
          ...(some ? [["its 95\u00a0% interval", ...split.map(ends)]] : []),
          ...(measured.includes(pixels) ? [[`Network, ${pixels}\u00a0pixels`, ...chips.generators.map(network(pixels))]] : []),
        ];
      });
    if (measured.length) rows.push(["KID, lower is better", ...chips.generators.map(({ kid }) => (kid ? kid.score.toFixed(2) : none))]);
    return [
      make("h3", {}, measured.length ? "Eyes beside networks" : "By generator"),
      ...sizes.map((one) => make("p", {}, side(one, sizes.length))),
      make("p", {}, measured.length ? `A network's number is its AUC: of one real and one generated chip, how often it gives the generated one the higher number (high means generated). That is the question that people answered here.${kid()}` : "Networks were asked about the generators for real chips. This copy was built with simulated chips, so there are no numbers of theirs to put beside these."),
      tell.table(measured.length ? "Eyes, networks and KID" : "Shares right", ["Share right", ...chips.generators.map(({ words }) => words)], rows),
      tell.makers(chips),
    ];
  };

  // One size: the networks beside the class, and which generator was hardest.
  const side = ({ pixels, people }, sizes) => {
    const { share, low, high } = whole(people);
    const same = tell.networks(parts(people), chips).find((one) => one.pixels === pixels);
    const name = who(people);
    const hardest = chips.generators.length > 1 ? `Which generator was hardest? ${tell.fooled(people, chips, name)}` : tell.fooled(people, chips, name);
    if (!same) return sizes > 1 ? `At ${pixels}\u00a0pixels. ${hardest}` : hardest;
    const verdict = same.auc > high ? "the network does better" : same.auc < low ? `${name} does better` : `the network's number lies within the interval of ${name}`;
    return `At ${pixels}\u00a0pixels ${name} was right in ${tell.percent(share)} of the pairs, and a network in ${tell.percent(same.auc)}: ${verdict}. ${hardest}`;
  };

  const kid = () => {
    const known = chips.generators.filter(({ kid }) => kid);
    if (!known.length) return "";
    const inside = known.filter(({ kid }) => kid.score <= kid.limit), outside = known.filter(({ kid }) => kid.score > kid.limit);
    const names = (some) => tell.capital(tell.list(some.map(({ words }) => words)));
    const score = (some) => (some.length === 1 ? "scores" : some.length === 2 ? "both score" : "all score");
    const said = [` KID is a distance: lower is better. Sets of real ships from other days score up to ${known[0].kid.limit.toFixed(2)}.`];
    if (inside.length) said.push(`${names(inside)} ${score(inside)} less, so KID cannot tell ${inside.length === 1 ? "it" : "them"} from real ships.`);
    if (outside.length) said.push(`${names(outside)} ${score(outside)} more, so KID sees a difference.`);
    return said.join(" ");
  };

  // ---- The hardest pairs, and every person

  const pairs = (people) => {
    const sizes = bySize(people);
    const most = sizes.reduce((a, b) => (b.people.length > a.people.length ? b : a));
    const some = tell.hardest(most.people, chips).slice(0, 6), n = most.people.length;
    const one = new Set(most.people.map(({ seed }) => seed)).size === 1; // all saw the same pairs in the same order
    const heading = make("h3", {}, "The hardest pairs");
    if (!some.length) return [heading, make("p", {}, "Nobody got a pair wrong.")];
    const caption = ({ pair, at, wrong, of }) =>
      `${one ? `Pair ${at}. ` : ""}${n > 1 ? `Wrong: ${wrong} of ${of}. ` : ""}Drawn by ${words(tell.generator(pair, chips))}.`;
    const figures = some.map((found) => tell.answered(pictures, chips, found.pair, true, most.pixels, caption(found)));
    const said = [n === 1 ? "This person got these wrong." : "People got these wrong most often."];
    if (!one) said.push("Pairs that few people saw are left out.");
    if (n > 1 && n < 10) said.push("With so few people the order may be luck.");
    if (sizes.length > 1) said.push(`They are those that people saw at ${most.pixels}\u00a0pixels.`);
    return [heading, make("p", {}, said.join(" ")), make("div", { class: "tell-gallery" }, ...figures)];
  };

  const each = (people) => {
    const rows = people.map(({ name, correct, seed, pixels }) => [name, `${correct} of ${tell.TRIALS}`, tell.interval(tell.wilson(correct, tell.TRIALS)), pixels, seed]);
    return make("details", {}, make("summary", {}, "Every person, as a table"), tell.table("Every person", ["Person", "Right", "95\u00a0% interval", "Pixels", "Seed"], rows));
  };
};

tell.start("class", tell.class);
