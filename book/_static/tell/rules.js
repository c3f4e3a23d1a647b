"use strict";

// "Can you tell?": which pairs a seed gives, the code of a result, and the intervals. Nothing here touches a page.
globalThis.tell = {};
{
  // ---- The order of the pairs

  tell.TRIALS = 40;
  tell.SEEDS = 10000; // seeds go from 0 to 9999
  tell.SIZES = [80, 40, 20]; // pixels at which the chips can be seen; the pairs are the same at each

  // Random numbers in [0, 1) that follow from a seed: mulberry32, by T. Ettinger, 2017, in the public domain.
  tell.random = (seed) => {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  };

  // R. Durstenfeld, "Algorithm 235: Random permutation", 1964.
  tell.shuffled = (items, random) => {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };

  const count = (n) => Array.from({ length: n }, (_, i) => i);

  // Which generator drew the fake of a pair: they take turns.
  tell.generator = (pair, chips) => pair % chips.generators.length;

  // The forty trials of a seed, each a `pair` and the side on which its real chip stands. Every generator has as many pairs
  // as the others, or one more; the real chip stands on the left in twenty of them.
  tell.trials = (seed, chips) => {
    const random = tell.random(seed);
    const decks = tell.shuffled(count(chips.generators.length), random).map((generator) => {
      const pairs = count(chips.pairs).filter((pair) => tell.generator(pair, chips) === generator);
      return tell.shuffled(pairs, random);
    });
    const pairs = [];
    for (let turn = 0; pairs.length < tell.TRIALS; turn++) {
      const pair = decks[turn % decks.length].pop();
      if (pair !== undefined) pairs.push(pair);
    }
    const sides = tell.shuffled(count(tell.TRIALS).map((i) => (i % 2 ? "left" : "right")), random);
    return tell.shuffled(pairs, random).map((pair, i) => ({ pair, real: sides[i] }));
  };

  // ---- The code of a result
  //
  //   TELL1-VVVV-VVVV-VVVV-VVVV-VVVV    1 is the version of the code; each V is one of 32 digits, five bits
  //
  // 4 digits: the seed, times eight, plus two times the place of the size in `SIZES`, plus one for real chips; 3: which edition
  // of the chips; 8: a bit for each trial, 1 for right; 2: at random, so that two people with the same answers have two codes;
  // 3: a checksum.

  const VERSION = 1;
  const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // D. Crockford's base 32 has no I, L, O and U
  const LENGTHS = [4, 3, 8, 2, 3];
  const LENGTH = LENGTHS.reduce((sum, n) => sum + n);

  // A whole number as some digits, the largest first. No shifts: forty bits are more than these can hold.
  const toDigits = (number, length) =>
    count(length).map((i) => Math.floor(number / 32 ** (length - 1 - i)) % 32);
  const toNumber = (digits) => digits.reduce((number, digit) => 32 * number + digit, 0);

  // The digits as a polynomial in 33, modulo the largest prime of 15 bits: any one digit changed, and any two neighbours
  // swapped, change it.
  const checksum = (digits) => digits.reduce((sum, digit) => (33 * sum + digit + 1) % 32749, VERSION);

  // `pixels`: one of `SIZES`. `right`: forty times true or false, in the order of the trials. `mark`: a whole number below 1024.
  tell.encode = ({ source, edition, seed, pixels, right, mark }) => {
    const bits = right.reduce((number, each) => 2 * number + (each ? 1 : 0), 0);
    const head = 8 * seed + 2 * tell.SIZES.indexOf(pixels) + (source === "real" ? 1 : 0);
    const numbers = [head, edition, bits, mark];
    const digits = numbers.flatMap((number, i) => toDigits(number, LENGTHS[i]));
    digits.push(...toDigits(checksum(digits), 3));
    const letters = digits.map((digit) => DIGITS[digit]).join("");
    return `TELL${VERSION}-${letters.match(/.{1,4}/g).join("-")}`;
  };

  // Text with one kind of dash and of blank, and without the marks of no width that messengers add.
  tell.plain = (text) =>
    text
      .normalize("NFKC")
      .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, "")
      .replace(/[\u2010-\u2015\u2212_]/g, "-")
      .replace(/[^\S\n]/g, " ");

  // What a code says, or an Error with a sentence that says why it says nothing. The beginning, TELL1, may be missing.
  tell.decode = (code) => {
    const text = tell.plain(code).trim();
    const [, version, rest] = /^(?:TELL[- ]*([0-9IL])[- ]*)?(.*)$/is.exec(text);
    const letters = rest.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    if (!version && letters.length !== LENGTH)
      throw new Error(`found ${JSON.stringify(text)}; expected a code that begins with TELL${VERSION}.`);
    if (version && +version.replace(/[IL]/i, "1") !== VERSION)
      throw new Error(`found a code of version ${version}; this page reads version ${VERSION}.`);
    if (letters.length !== LENGTH)
      throw new Error(`found ${letters.length} letters and digits after TELL${VERSION}; expected ${LENGTH}.`);
    const digits = Array.from(letters, (letter) => DIGITS.indexOf(letter));
    const told = digits.slice(0, -3);
    if (digits.includes(-1) || checksum(told) !== toNumber(digits.slice(-3)))
      throw new Error("a letter is wrong, since the checksum does not fit; compare it with the screen that it comes from.");
    const [head, edition, bits, mark] = LENGTHS.slice(0, 4).map((n) => toNumber(told.splice(0, n)));
    const right = count(tell.TRIALS).map((i) => Math.floor(bits / 2 ** (tell.TRIALS - 1 - i)) % 2 === 1);
    const pixels = tell.SIZES[Math.floor(head / 2) % 4];
    return { source: head % 2 ? "real" : "simulated", edition, seed: Math.floor(head / 8), pixels, right, mark };
  };

  // A code begins with TELL1; "tell Lisa" and "tell it" begin none. The first digit of any code is 0, 1 or 2.
  const BEGINS = /(?:^|[^0-9A-Z])(TELL[- ]*(?:[0-9]|[IL](?=-|[- ]*[0-2]))[- ]*)/gi;
  const BARE = /(?:^|[^0-9A-Z])([0-2OIL][0-9A-Z]{3}(?:[- ]?[0-9A-Z]{4}){4})(?![0-9A-Z])/i;

  const opens = (code) => {
    try {
      return Boolean(tell.decode(code));
    } catch {
      return false;
    }
  };

  // The codes in a plain line, each with its `code` and with what stands around it: `before` and `after`. A code may have blanks
  // where it has hyphens; what then follows could be a name, so the shorter reading is tried first.
  tell.find = (line) => {
    const starts = [...line.matchAll(BEGINS)].map((match) => ({ from: match.index + match[0].length - match[1].length, head: match[1] }));
    if (!starts.length) {
      const bare = BARE.exec(line);
      if (!bare || !/\d/.test(bare[1])) return [];
      const from = bare.index + bare[0].length - bare[1].length;
      return [{ code: bare[1], before: line.slice(0, from), after: line.slice(from + bare[1].length) }];
    }
    return starts.map(({ from, head }, i) => {
      const rest = line.slice(from + head.length, starts[i + 1]?.from);
      const short = /^[-0-9A-Z]*/i.exec(rest)[0];
      const long = new RegExp(`^(?:[- ]*[0-9A-Z]){0,${LENGTH}}[0-9A-Z]*`, "i").exec(rest)[0];
      const body = !opens(head + short) && (opens(head + long) || short.replace(/-/g, "").length <= 4) ? long : short;
      return { code: head + body, before: line.slice(0, from), after: rest.slice(body.length) };
    });
  };

  // Who handed in a code: what stands before it, without a time and up to the first colon; or else what stands behind it.
  const TIME = /^[\s[(]*(?:[\d./-]+,?\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?(?:,?\s*[\d./-]+)?[\s\])-]*/i;
  const trimmed = (text) => text.replace(/^[\s:;,()[\]-]+|[\s:;,([-]+$/g, "");
  tell.who = (before, after) => {
    const named = trimmed(before.replace(TIME, "").replace(/:.*$/s, ""));
    return named || trimmed(after).replace(/\)$/, "");
  };

  // ---- Shares and their intervals

  const Z = 1.959964; // of 95 %

  // The 95 % interval of a share, from `right` of `of` independent answers: E. B. Wilson, 1927.
  tell.wilson = (right, of) => {
    const share = right / of;
    const middle = (share + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
    const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  };

  // Student's t, the quantile of 97.5 %, for 1 to 30 degrees of freedom; beyond these by a series
  // (Abramowitz and Stegun, 26.7.5).
  const STUDENT = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448, 2.1314,
    2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
  ];
  tell.student = (freedom) =>
    STUDENT[freedom - 1] ?? Z + (Z ** 3 + Z) / (4 * freedom) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * freedom ** 2);

  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const added = (people) => ({ right: sum(people.map((one) => one.right)), of: sum(people.map((one) => one.of)) });

  // The share of a class and its 95 % interval: a t interval over people, since they differ, and the answers of one person
  // are not as many people. At neither end is it narrower than Wilson's of all answers: a few people may agree by luck.
  // `people`: how many were `right`, and `of` how many, of each. `by` says whose interval it is: "t", "Wilson" or, at one end
  // the one and at the other the other, "both".
  tell.pooled = (people) => {
    const { right, of } = added(people);
    const share = right / of, n = people.length;
    const [low, high] = tell.wilson(right, of);
    if (n === 1) return { right, of, share, low, high, by: "Wilson" };
    const squares = sum(people.map((one) => (one.right - share * one.of) ** 2));
    const half = (tell.student(n - 1) * Math.sqrt((n / (n - 1)) * squares)) / of;
    const wider = [share - half < low, share + half > high];
    const by = wider[0] && wider[1] ? "t" : wider[0] || wider[1] ? "both" : "Wilson";
    return { right, of, share, low: Math.max(0, Math.min(low, share - half)), high: Math.min(1, Math.max(high, share + half)), by };
  };

  // The difference of two shares of the same people, `second` less `first`, with a 95 % interval: a t interval of each person's
  // own difference, and never narrower than that of all answers, by R. G. Newcombe, 1998, his method 10.
  tell.difference = (first, second) => {
    const [one, other] = [added(first), added(second)];
    const [p, q] = [one.right / one.of, other.right / other.of];
    const [a, b] = [tell.wilson(one.right, one.of), tell.wilson(other.right, other.of)];
    let low = q - p - Math.hypot(q - b[0], a[1] - p), high = q - p + Math.hypot(b[1] - q, p - a[0]);
    const n = first.length;
    if (n > 1) {
      const each = first.map((mine, i) => second[i].right / second[i].of - mine.right / mine.of);
      const mean = sum(each) / n;
      const half = tell.student(n - 1) * Math.sqrt(sum(each.map((d) => (d - mean) ** 2)) / (n - 1) / n);
      [low, high] = [Math.min(low, mean - half), Math.max(high, mean + half)];
    }
    return { difference: q - p, low, high };
  };

  // How a result is split: right answers and all answers for each generator, in the order of `chips.generators`.
  tell.byGenerator = ({ seed, right }, chips) => {
    const split = chips.generators.map(() => ({ right: 0, of: 0 }));
    tell.trials(seed, chips).forEach(({ pair }, i) => {
      const part = split[tell.generator(pair, chips)];
      part.of += 1;
      part.right += right[i] ? 1 : 0;
    });
    return split;
  };

  // What networks did at the same question, at each size, over the pairs of a result or a class: the mean of their AUCs, each
  // generator's as heavy as it has pairs in `parts`. Empty where some generator was not measured.
  tell.networks = (parts, chips) => {
    const all = chips.generators.map(({ apart }) => apart);
    if (!all.every(Boolean)) return [];
    const { of } = added(parts);
    const mean = (pixels, key) => sum(all.map((apart, i) => (apart.find((one) => one.pixels === pixels)[key] * parts[i].of) / of));
    return all[0].map(({ pixels }) => ({ pixels, auc: mean(pixels, "auc") }));
  };

  // ---- Words

  // A share in per cent: whole, but for one decimal where a whole number would hide on which side of guessing it lies, or say
  // that all or none were right. 23 of 40 are 57.5 %, not a little less.
  const number = (share) => {
    const percent = +(100 * share).toFixed(6);
    const near = percent < 1 || percent > 99 || Math.abs(percent - 50) < 1;
    if (Number.isInteger(percent) || !near) return `${Math.round(percent)}`;
    return Math.min(99.9, Math.max(0.1, percent)).toFixed(1);
  };
  tell.percent = (share) => `${number(share)}\u00a0%`; // on one line
  tell.interval = ([low, high]) => `${number(low)} to ${number(high)}\u00a0%`;

  tell.list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
  tell.capital = (words) => words[0].toUpperCase() + words.slice(1);
  tell.square = (pixels) => `${pixels}\u00a0×\u00a0${pixels}`;

  // What an interval of a share says, held against guessing; `who` is "you", "the class" or "this person".
  tell.verdict = ([low, high], who) => {
    const [see, take] = who === "you" ? ["see", "take"] : ["sees", "takes"];
    if (low > 0.5) return `All of that lies above the 50\u00a0% of guessing: ${who} can tell.`;
    if (high < 0.5) return `All of that lies below the 50\u00a0% of guessing: ${who} ${see} a difference, but ${take} one kind for the other.`;
    return `The 50\u00a0% of guessing lies within: these answers do not show that ${who} can tell.`;
  };

  // Which generator was hardest to tell from real ships, for one person or a class.
  tell.fooled = (results, chips, who) => {
    const people = results.map((one) => tell.byGenerator(one, chips));
    const parts = chips.generators.map(({ words }, i) => {
      const each = people.map((one) => one[i]);
      const { right, of } = added(each);
      return { words, each, share: right / of };
    });
    if (parts.length === 1) return `All generated chips were drawn by ${parts[0].words}.`;
    const order = [...parts].sort((a, b) => a.share - b.share);
    const [first, second] = order;
    const tied = order.filter((part) => part.share === first.share);
    const all = tied.length === order.length;
    if (all && first.share === 1) return `${order.length === 2 ? "Neither" : "None"} did: ${who} got every pair right.`;
    if (all) return `${order.length === 2 ? "Both" : "All"} fooled ${who} equally often.`;
    if (tied.length > 1) return `${tell.capital(tell.list(tied.map(({ words }) => words)))} fooled ${who} equally often.`;
    const { low, high } = tell.difference(first.each, second.each);
    const difference = +(number(second.share) - number(first.share)).toFixed(1); // of what is shown, so that it adds up
    const points = (share) => `${Math.round(100 * share)}`.replace("-", "\u2212");
    const luck = low > 0 ? "That is hardly luck" : "That may be luck";
    return (
      `It was ${first.words}: ${who} ${who === "you" ? "were" : "was"} right in ${tell.percent(first.share)} of its pairs, and in ` +
      `${tell.percent(second.share)} of those of ${second.words}. ${luck}: the difference is ${difference} points, and its ` +
      `95\u00a0% interval goes from ${points(low)} to ${points(high)}.`
    );
  };
}
