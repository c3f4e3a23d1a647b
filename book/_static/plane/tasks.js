"use strict";

// Guided tasks for the game in the plane (live/guide.js).
satgan.planeTasks = ({ families, setUp, say }) => {
  const count = (covered) => covered.filter(Boolean).length;
  const on = ({ visits, n }) => visits.reduce((a, b) => a + b, 0) / n;
  const percent = (x) => `${Math.round(100 * x)} %`;
  const range = (counts) => [...new Set([Math.min(...counts), Math.max(...counts)])].join(" to ");
  const FAMILY = { gan: "the GAN", flow: "the flow" };

  // Between two updates, with the points of the stage, and after a look at all that the task is about.
  const ready = (seen, { needs, stage }) => !seen.part && seen.real && seen.state.target === (stage.target ?? "ring") && needs.every((family) => seen[family]);

  const tasks = [
    {
      name: "Lose an island",
      needs: ["gan"],
      ask: "Both players take large steps here. Press Play and count the islands that have fakes on them. Can an island that the GAN has covered be lost again? Guess first.",
      stage: { seed: 2, dRate: 1e-2, gRate: 1e-2 },
      done({ history }) {
        const rows = history.filter(({ gan, step }) => gan?.covered && step);
        for (let i = 1; i < rows.length; i++) {
          const lost = rows[i].gan.covered.findIndex((yes, mode) => !yes && rows[i - 1].gan.covered[mode]);
          if (lost >= 0) return `At update ${rows[i - 1].step} the GAN covered island ${lost + 1}; at update ${rows[i].step} it did not. Each fake is judged by itself, so nothing in G's loss asks for all islands. Play on: D learns where fakes are missing, and the island comes back.`;
        }
        return null;
      },
    },
    {
      name: "Let D win",
      needs: ["gan"],
      ask: "Choose the minimax loss and put the forger to sleep: set G's learning rate to 0. Then press Play and watch the arrows. How long are they once D is sure of every fake?",
      stage: {},
      done({ gan, state, step }) {
        if (!gan || state.loss !== "minimax" || step < 25 || gan.push > 0.02 || gan.believes > 0.02) return null;
        return `D gives the fakes a probability of ${gan.believes.toPrecision(1)} in the median, and the median push is ${gan.push.toPrecision(1)}. With the minimax loss a push is the slope of D's logit times D. Where D is nearly 0, nothing is left of it.`;
      },
    },
    {
      name: "Cure it",
      needs: ["gan"],
      ask: "D has had 400 updates alone, with the minimax loss, and has won. Wake the forger: set G's learning rate to 0.003, play, and count the updates until the fakes cover six islands. Then set the stage again, and find a change that brings them there within 350. The loss is one place to look; there is another.",
      stage: { loss: "minimax", gRate: 0, step: 400 },
      done({ gan, state, step }) {
        if (!gan || step <= 425 || count(gan.covered) < 6) return null;
        const late = step - 400;
        if (late > 350) return { open: `Six islands, after ${late} updates. Adam makes large steps even of small gradients, so the fakes get there in the end. Set the stage again and find something quicker.` };
        const how = { non_saturating: "The non-saturating loss multiplies the slope by 1 − D: the surer D is, the more of the slope is left.", relativistic: "The relativistic loss looks at the lead of a real point over a fake: a large lead leaves the whole slope.", minimax: "" }[state.loss];
        return `Six islands, after ${late} updates. ${how}${state.r1 ? " R1 keeps D's slope small, so D cannot stay sure of every fake." : ""}`;
      },
    },
    {
      name: "Your initial",
      needs: families,
      ask: "Draw the first letter of your name, then press Play and wait for update 300. How many of the points will lie on your letter? And where will the others lie?",
      stage: { target: "drawn" },
      done({ state, step, ...looks }) {
        if (state.dots.length < 12 || step < 300) return null;
        const shares = families.map((family) => `${percent(on(looks[family]))} of ${FAMILY[family]}'s`);
        return `At update ${step} these points lie on your letter: ${shares.join(", and ")}. Look for the others between the strokes: noise is in one piece, and a continuous map can stretch it, but not tear it. “Copy a link to this”, below, keeps your drawing for somebody else.`;
      },
    },
    {
      name: "Who finds more?",
      needs: ["gan", "flow"],
      ask: "Here are 25 islands. Which of the two will cover more of them at update 1000? And which will put more of its points on target? Guess, then press Play.",
      stage: { target: "lattice" },
      done({ step, history }) {
        if (step < 1000) return null;
        const late = history.filter((row) => row.step > 500 && row.step <= 1000);
        const told = families.map((family) => {
          const rows = late.map((row) => row[family]).filter((row) => row?.covered), counts = rows.map(({ covered }) => count(covered));
          return `${FAMILY[family]} covered ${range(counts)} islands, with ${percent(rows.reduce((sum, row) => sum + on(row), 0) / rows.length)} of its points on target`;
        });
        return `From update 500 to 1000 ${told.join("; ")}. The flow is told of each real point where to go, but a smooth velocity leaves many points in between. The GAN's points run after what D says at the moment, so islands come and go. Play on to update 4000: does the order stay?`;
      },
    },
  ]
    .map((task) => ({ ...task, done: (seen) => (ready(seen, task) ? task.done(seen) : null) }))
    .filter(({ needs }) => needs.every((family) => families.includes(family)));

  return satgan.guide(tasks, { start: ({ stage }) => setUp(stage), say });
};
