"use strict";

// "Can you tell?": which pairs a seed gives, the code of a result, and the intervals. Nothing here touches a page.
globalThis.tell = {};
{
  // ---- The order of the pairs

  tell.TRIALS = 40;
  tell.SEEDS = 10000; // seeds go from 0 to 9999

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
  //   TELL1-VVVV-VVVV-VVVV-VVVV-VVV    1 is the version of the code; each V is one of 32 digits, five bits
  //
  // 3 digits: the seed, times two, plus one for real chips; 3: which edition of the chips; 8: a bit for each trial, 1 for
  // right; 2: at random, so that two people with the same answers have two codes; 3: a checksum.

  const VERSION = 1;
  const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // D. Crockford's base 32 has no I, L, O and U
  const LENGTHS = [3, 3, 8, 2, 3];

  // A whole number as some digits, the largest first. No shifts: forty bits are more than these can hold.
  const toDigits = (number, length) =>
    count(length).map((i) => Math.floor(number / 32 ** (length - 1 - i)) % 32);
  const toNumber = (digits) => digits.reduce((number, digit) => 32 * number + digit, 0);

  // The digits as a polynomial in 33, modulo the largest prime of 15 bits: any one digit changed, and any two neighbours
  // swapped, change it.
  const checksum = (digits) => digits.reduce((sum, digit) => (33 * sum + digit + 1) % 32749, VERSION);

  // `right`: forty times true or false, in the order of the trials. `mark`: a whole number below 1024.
  tell.encode = ({ source, edition, seed, right, mark }) => {
    const bits = right.reduce((number, each) => 2 * number + (each ? 1 : 0), 0);
    const numbers = [2 * seed + (source === "real" ? 1 : 0), edition, bits, mark];
    const digits = numbers.flatMap((number, i) => toDigits(number, LENGTHS[i]));
    digits.push(...toDigits(checksum(digits), 3));
    const letters = digits.map((digit) => DIGITS[digit]).join("");
    return `TELL${VERSION}-${letters.match(/.{1,4}/g).join("-")}`;
  };

  // What a code says, or an Error with a sentence that says why it says nothing.
  tell.decode = (code) => {
    const [, version, rest] = /^TELL(\d+)-?(.*)$/i.exec(code.trim()) ?? [];
    if (!version) throw new Error(`found ${JSON.stringify(code)}; expected a code that begins with TELL${VERSION}.`);
    if (+version !== VERSION) throw new Error(`found a code of version ${version}; this page reads version ${VERSION}.`);
    const letters = rest.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    const digits = Array.from(letters, (letter) => DIGITS.indexOf(letter));
    const length = LENGTHS.reduce((sum, n) => sum + n);
    if (digits.length !== length)
      throw new Error(`found ${digits.length} letters and digits after TELL${VERSION}; expected ${length}.`);
    const told = digits.slice(0, -3);
    if (digits.includes(-1) || checksum(told) !== toNumber(digits.slice(-3)))
      throw new Error("a letter is wrong, since the checksum does not fit; compare it with the screen that it comes from.");
    const [head, edition, bits, mark] = LENGTHS.slice(0, 4).map((n) => toNumber(told.splice(0, n)));
    const right = count(tell.TRIALS).map((i) => Math.floor(bits / 2 ** (tell.TRIALS - 1 - i)) % 2 === 1);
    return { source: head % 2 ? "real" : "simulated", edition, seed: Math.floor(head / 2), right, mark };
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

  // The share of a class and its 95 % interval: a t interval over people, since they differ, and the answers of one person
  // are not as many people. It is never taken to be narrower than Wilson's of all answers: a few people may agree by luck.
  // `people`: how many were `right`, and `of` how many, of each.
  tell.pooled = (people) => {
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    const right = sum(people.map((one) => one.right)), of = sum(people.map((one) => one.of));
    const share = right / of, n = people.length;
    const [low, high] = tell.wilson(right, of);
    if (n === 1) return { right, of, share, low, high };
    const squares = sum(people.map((one) => (one.right - share * one.of) ** 2));
    const half = (tell.student(n - 1) * Math.sqrt((n / (n - 1)) * squares)) / of;
    return { right, of, share, low: Math.max(0, Math.min(low, share - half)), high: Math.min(1, Math.max(high, share + half)) };
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

  // ---- Words

  const whole = (share) => Math.round((100 * share).toFixed(6)); // 23 of 40 are 57.5 %, not a little less
  tell.percent = (share) => `${whole(share)}\u00a0%`; // on one line
  tell.interval = ([low, high]) => `${whole(low)} to ${whole(high)}\u00a0%`;

  // What an interval of a share says, held against guessing; `who` is "you" or "the class".
  tell.verdict = ([low, high], who) => {
    if (low > 0.5) return `Guessing gives 50\u00a0%, which is below that: ${who} told them apart.`;
    if (high < 0.5) return `Guessing gives 50\u00a0%, which is above that: ${who} saw a difference, but took one kind for the other.`;
    return `Guessing gives 50\u00a0%, which lies within: these answers do not show that ${who} can tell.`;
  };
}
