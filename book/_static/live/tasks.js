"use strict";

// Guided tasks for the explorer (guide.js). `seen` is what it shows: {seed, way, asked, z, p, measured, picked}, and what the
// flow has drawn from one noise, flows: [{solver, steps, rgb, p, measured}, ...], where there is a flow.
//   clarity(z)    how clear a heading the noise has: the length of what is read for its cosine and sine
satgan.explorerTasks = ({ clarity, noise, percent, describe }, flow = false) => {
  const middle = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
  const apart = (a, b) => Math.abs(((a - b + 270) % 180) - 90); // of two headings, which are the same after half a turn
  const MANY = 500; // seeds, to compare with
  let usual = null, broken = new Map(), from = null;

  const steps = {
    name: "Few steps or many",
    ask: "Go down to “The flow draws” and draw the same noise twice with one solver: in 2 steps, and in 16 or more. What changes, and what stays?",
    begin: () => null,
    done({ flows = [] }) {
      const few = flows.find((one) => one.steps === 2 && flows.some((other) => other.solver === one.solver && other.steps >= 16));
      if (!few) return null;
      const many = flows.find((one) => one.solver === few.solver && one.steps >= 16);
      const apart = few.rgb.reduce((sum, value, i) => sum + Math.abs(value - many.rgb[i]), 0) / few.rgb.length;
      const [a, b] = [few, many].map(({ steps, p, measured }) => `In ${steps} steps: ${percent(p)} ship. ${describe(measured)}`);
      return `${a} ${b} From the one picture to the other a value changes by ${apart.toFixed(1)} of 255 levels on average. Both follow the same velocity from the same noise; in 2 steps it is asked so rarely that each goes straight on where the way bends.`;
    },
  };

  return [
    {
      name: "Find broken ships",
      ask: "Look at new ships until you meet one with an arm, a bend or a gap in its hull, and press the button. Find three. Where in the noise do they lie? A guess: chapter 12 looked at how clear a heading the noise has.",
      pick: "This one is broken",
      begin: () => broken.clear(),
      done({ seed, z, way, asked, picked }) {
        if (!picked) return null;
        if (way || Object.keys(asked).length) return { open: "Only ships of a seed count here: press Reset first." };
        broken.set(seed, clarity(z));
        if (broken.size < 3) return { open: `Seed ${seed} is noted. ${broken.size} of 3.` };
        usual ??= Array.from({ length: MANY }, (_, i) => clarity(noise(i))).sort((a, b) => a - b);
        const yours = middle([...broken.values()]), below = usual.filter((c) => c < yours).length / MANY;
        const known = below < 0.35 ? "Broken ships tend to lie there, between the headings: in the hole of the compass of chapter 12." : "So yours do not lie where the heading is unclear. With three ships that may be luck.";
        return `How clear a heading the noise of your three has: ${[...broken.values()].map((c) => c.toFixed(2)).join(", ")}. Of ${MANY} other seeds, ${percent(below)} have a less clear one than your middle one. ${known}`;
      },
    },
    {
      name: "Turn a ship by 90°",
      ask: "Choose a ship. Then turn it by a right angle with the slider for its heading. Does it stay the same ship otherwise? The heading that counts is the measured one.",
      begin: () => (from = null),
      done({ seed, way, asked, measured }) {
        if (Number.isNaN(measured.heading)) return null;
        if (from?.seed !== seed || (!way && !Object.keys(asked).length)) from = { seed, heading: measured.heading, length: measured.length };
        const turned = apart(measured.heading, from.heading);
        if (way || asked.heading === undefined || turned < 80) return null;
        const change = Math.round(measured.length - from.length);
        return `It pointed to ${Math.round(from.heading)}° and now points to ${Math.round(measured.heading)}°. Its measured length changed by ${change < 0 ? "−" : "+"}${Math.abs(change)} m on the way: what the sliders move is never one thing alone.`;
      },
    },
    {
      name: "Make the classifier doubt",
      ask: "Use the sliders, a walk, or other seeds, until the classifier gives a chip between 30 % and 70 % for ship. What does it look like there?",
      begin: () => null,
      done({ seed, way, asked, p, measured }) {
        if (p < 0.3 || p > 0.7) return null;
        const how = Object.keys(asked).length ? "with your sliders" : way ? "between two ships" : `at seed ${seed}`;
        const seen = Number.isNaN(measured.heading) ? "By its pixels nothing stands out there." : `By its pixels something stands out, ${Math.round(measured.length)} m long and ${Math.round(measured.width)} m wide.`;
        return `${percent(p)} ${how}. ${seen} Move on a little: how small a change makes the classifier sure again?`;
      },
    },
    ...(flow ? [steps] : []),
  ];
};
