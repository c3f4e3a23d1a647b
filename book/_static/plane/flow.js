"use strict";

// Flow matching on points in the plane, as satgan_tutorial/flow.py has it: a network learns the velocity of straight paths
// from noise z to points x, and a solver follows it.
//
//   const flow = planeFlow(planeNetworks());
//   const model = flow.create({}, random.uniform);
//   for (const seen of flow.update(model, real, noise, times, settings)) ...   // stops after each part
//
// settings: {rate}; real and noise: n points each; times: n numbers in [0, 1).
function planeFlow({ create: network, forward, backward, adam }) {
  const LARGEST = 0.99; // momentum of the averages of the weights

  function create({ width = 64 }, uniform) {
    const velocity = network([3, width, width, width, 2], "silu", uniform);
    const averages = velocity.weights.map((w) => w.slice());
    return { velocity, averages, adam: adam(velocity.weights, { rate: 2e-3, beta2: 0.99 }), steps: 0 };
  }

  // Rows of x, y and t: what the network is given.
  function withTimes(points, timeOf) {
    const rows = new Float64Array((points.length / 2) * 3);
    for (let i = 0; i < points.length / 2; i++) rows.set([points[2 * i], points[2 * i + 1], timeOf(i)], 3 * i);
    return rows;
  }

  function* update(model, real, noise, times, { rate }) {
    const n = times.length;
    yield { part: 1, noise, times };

    const way = noise.map((z, i) => (1 - times[i >> 1]) * z + times[i >> 1] * real[i]);
    const target = real.map((x, i) => x - noise[i]);
    yield { part: 2, way, target };

    const guessed = forward(model.velocity, withTimes(way, (i) => times[i]), n);
    const miss = guessed.out.map((v, i) => v - target[i]);
    const loss = miss.reduce((sum, d) => sum + d * d, 0) / miss.length;
    yield { part: 3, guess: guessed.out, loss };

    model.adam.rate = rate;
    model.adam.apply(backward(model.velocity, guessed, miss.map((d) => (2 * d) / miss.length), { weights: true }).weights);
    const momentum = Math.min(LARGEST, (1 + model.steps) / (10 + model.steps));
    model.averages.forEach((average, k) => {
      const weights = model.velocity.weights[k];
      for (let i = 0; i < average.length; i++) average[i] = momentum * average[i] + (1 - momentum) * weights[i];
    });
    model.steps++;
    yield { part: 4 };
  }

  function step(...given) {
    const all = {};
    for (const seen of update(...given)) Object.assign(all, seen);
    return all;
  }

  // The velocity at points and one time, by the averaged weights.
  const velocityAt = ({ velocity, averages }, points, t) =>
    forward({ ...velocity, weights: averages }, withTimes(points, () => t), points.length / 2).out;

  // Follow the velocity from noise at t = 0 to t = 1 in even steps of Heun's: all stops on the way, the noise first.
  function follow(model, noise, steps) {
    const stops = [Float64Array.from(noise)], dt = 1 / steps;
    for (let k = 0; k < steps; k++) {
      const x = stops[k];
      const first = velocityAt(model, x, k * dt);
      const second = velocityAt(model, x.map((v, i) => v + dt * first[i]), (k + 1) * dt);
      stops.push(x.map((v, i) => v + (dt / 2) * (first[i] + second[i])));
    }
    return stops;
  }

  return { create, update, step, velocityAt, follow };
}
