"use strict";

// What there is to learn: Gaussians of one width round a few centres, as in satgan_tutorial/plane.py, or where a reader drew.
// A target is {centres: [[x, y], ...], sigma, modes: [the mode of each centre], count: of modes}.
function planeTargets() {
  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const target = (centres, sigma, modes) => ({ centres, sigma, modes, count: Math.max(-1, ...modes) + 1 });

  const ring = () => target(range(8).map((i) => [2 * Math.cos((i * Math.PI) / 4), 2 * Math.sin((i * Math.PI) / 4)]), 0.15, range(8));
  const lattice = () => target(range(25).map((i) => [(i % 5) - 2, Math.floor(i / 5) - 2]), 0.1, range(25));
  const moons = () => {
    const upper = range(40).map((i) => {
      const turn = (Math.PI * (i + 0.5)) / 40;
      return [1.5 * (Math.cos(turn) - 0.5), 1.5 * (Math.sin(turn) - 0.25)];
    });
    return target([...upper, ...upper.map(([x, y]) => [-x, -y])], 0.15, range(80).map((i) => Math.floor(i / 40)));
  };

  // Dots that a reader drew. Those that lie near each other, or are joined by others, are one mode.
  function drawn(centres, near = 0.5) {
    const modes = centres.map(() => -1);
    let count = 0;
    for (let first = 0; first < centres.length; first++) {
      if (modes[first] >= 0) continue;
      const waiting = [first];
      modes[first] = count;
      while (waiting.length) {
        const [x, y] = centres[waiting.pop()];
        centres.forEach(([a, b], i) => {
          if (modes[i] < 0 && Math.hypot(a - x, b - y) < near) {
            modes[i] = count;
            waiting.push(i);
          }
        });
      }
      count++;
    }
    return target(centres, 0.12, modes);
  }

  // n points: a centre for each, and noise round it.
  function sample({ centres, sigma }, n, { uniform, normal }) {
    const which = Array.from({ length: n }, () => Math.floor(centres.length * uniform()));
    return Float64Array.from({ length: 2 * n }, (_, i) => centres[which[i >> 1]][i & 1] + sigma * normal());
  }

  // How many points lie at each mode: within three sigma of its nearest centre.
  function visits(points, { centres, sigma, modes, count }) {
    const counts = new Array(count).fill(0);
    for (let i = 0; i < points.length; i += 2) {
      let nearest = Infinity, mode = -1;
      centres.forEach(([x, y], k) => {
        const far = (points[i] - x) ** 2 + (points[i + 1] - y) ** 2;
        if (far < nearest) [nearest, mode] = [far, modes[k]];
      });
      if (nearest < 9 * sigma * sigma) counts[mode]++;
    }
    return counts;
  }

  // Which modes have at least a quarter of the points that each would get if all got the same.
  const covered = (counts, n) => counts.map((count) => count >= (0.25 * n) / counts.length);

  return { ring, lattice, moons, drawn, sample, visits, covered };
}
