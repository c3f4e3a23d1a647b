"use strict";

// Bayes' rule on points in the plane, exactly: an artist's velocity, and the push of a reader who wishes for some of the islands.
// Everything is a sum of Gaussians, as in `Mixture.velocity` of satgan_tutorial/plane.py, so nothing is trained here.
//
//   const { parts, walk } = planePush();
//   const stops = walk(noise, target, wished, weight, steps);   // wished: true or false for each mode of the target
function planePush() {
  // Which centre a point on its way comes from, how probably; and the mean of the centres, of all and of the wished ones alone.
  function means(x, y, t, { centres, modes }, variance, wished) {
    const logs = centres.map(([a, b]) => -((x - t * a) ** 2 + (y - t * b) ** 2) / (2 * variance));
    const mean = (counts) => {
      const top = Math.max(...logs.filter((_, k) => counts(k)));
      let [all, right, up] = [0, 0, 0];
      centres.forEach(([a, b], k) => {
        const p = counts(k) ? Math.exp(logs[k] - top) : 0;
        [all, right, up] = [all + p, right + p * a, up + p * b];
      });
      return [right / all, up / all];
    };
    return { all: mean(() => true), wished: mean((k) => wished[modes[k]]) };
  }
  const varianceAt = (t, sigma) => (1 - t) ** 2 + (t * sigma) ** 2;

  // For each point its two parts, that of the artist and that of the reader:
  //   v = E[c] + slope (x - t E[c]), and w (1 - t) / t grad log p_t(y|x) = w (1 - t) / s^2 (E[c|y] - E[c]), the t cancels.
  function parts(points, t, target, wished, weight) {
    const variance = varianceAt(t, target.sigma), slope = (t * target.sigma ** 2 - (1 - t)) / variance;
    const velocity = new Float64Array(points.length), push = new Float64Array(points.length);
    const some = weight !== 0 && wished.some(Boolean);
    for (let i = 0; i < points.length; i += 2) {
      const found = means(points[i], points[i + 1], t, target, variance, some ? wished : wished.map(() => true));
      for (const k of [0, 1]) {
        velocity[i + k] = found.all[k] + slope * (points[i + k] - t * found.all[k]);
        push[i + k] = some ? (weight * (1 - t) / variance) * (found.wished[k] - found.all[k]) : 0;
      }
    }
    return { velocity, push };
  }

  // All stops of points on their way from noise at t = 0 to t = 1, in even steps of Euler's; the noise first.
  function walk(noise, target, wished, weight, steps) {
    const stops = [Float64Array.from(noise)];
    for (let k = 0; k < steps; k++) {
      const { velocity, push } = parts(stops[k], k / steps, target, wished, weight);
      stops.push(stops[k].map((x, i) => x + (velocity[i] + push[i]) / steps));
    }
    return stops;
  }

  return { parts, walk };
}
