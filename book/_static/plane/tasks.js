"use strict";

// Guided tasks for the game in the plane (live/guide.js).
satgan.planeTasks = ({ families, setUp, say }) => {
  const count = (covered) => covered.filter(Boolean).length;
  const on = ({ visits, n }) => visits.reduce((a, b) => a + b, 0) / n;
  const percent = (x) => `${Math.round(100 * x)} %`;

  const tasks = [
    {
      name: "Drop a mode",
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
      needs: [],
      ask: "Draw the first letter of your name, then press Play. Which parts of it are found first, and which last?",
      stage: { target: "drawn" },
      done({ state, step, ...looks }) {
        if (state.target !== "drawn" || state.dots.length < 12 || step < 300) return null;
        const found = families.map((family) => [family, looks[family] ? on(looks[family]) : 0]).sort((a, b) => b[1] - a[1]);
        const [family, share] = found[0];
        if (share < 0.5) return null;
        return `${percent(share)} of the points of the ${{ gan: "GAN", flow: "flow" }[family]} lie on your letter. Copy the link below to show it to someone: it holds your drawing.`;
      },
    },
    {
      name: "Who finds more?",
      needs: ["gan", "flow"],
      ask: "Here are 25 islands. Which of the two will have covered all of them first? And which puts more of its points on target? Guess, then press Play.",
      stage: { target: "lattice" },
      done({ gan, flow, step }) {
        if (!gan || !flow || step < 500 || count(flow.covered) < count(gan.covered) + 3) return null;
        return `The flow covers ${count(flow.covered)} islands, the GAN ${count(gan.covered)}. The flow is told of each real point where it should go, so it cannot leave an island out. But it leaves points in between: ${percent(on(flow))} of its points are on target, and ${percent(on(gan))} of the GAN's.`;
      },
    },
  ]
    .map((task) => ({ ...task, done: (seen) => (seen.part || !seen.real ? null : task.done(seen)) }))
    .filter(({ needs }) => needs.every((family) => families.includes(family)));

  return satgan.guide(tasks, { start: ({ stage }) => setUp(stage), say });
};
