"use strict";

// A GAN on points in the plane, and its update in seven parts: chapter 5's `slow_step`, with the backward passes written out.
//
//   const gan = planeGan(planeNetworks(), planeLosses());
//   const game = gan.create({ latent: 2 }, random.uniform);
//   for (const seen of gan.update(game, real, noise, settings)) ...   // stops after each part
//
// settings: {loss, r1, dRate, gRate}; real: n points; noise: n rows of `latent` numbers; all one after the other.
function planeGan({ create: network, forward, backward, slopePenalty, adam }, losses) {
  function create({ latent = 2, width = 64 }, uniform) {
    const generator = network([latent, width, width, 2], "leaky_relu", uniform);
    const discriminator = network([2, width, width, 1], "leaky_relu", uniform);
    const optimizer = ({ weights }) => adam(weights, { rate: 1e-3, beta1: 0.5 });
    return { latent, generator, discriminator, gAdam: optimizer(generator), dAdam: optimizer(discriminator) };
  }

  const both = (a, b) => {
    const joined = new Float64Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  };
  const added = (a, b) => a.map((values, k) => values.map((v, i) => v + b[k][i]));

  function* update(game, real, noise, { loss, r1, dRate, gRate }) {
    const { generator, discriminator, gAdam, dAdam, latent } = game;
    const n = real.length / 2, { discriminator: dLoss, generator: gLoss } = losses[loss];
    yield { part: 1, noise };

    const drawn = forward(generator, noise, n);
    const fake = drawn.out;
    yield { part: 2, fake };

    // The discriminator's turn.
    const judged = forward(discriminator, both(real, fake), 2 * n);
    const d = dLoss(judged.out.subarray(0, n), judged.out.subarray(n));
    yield { part: 3, dLoss: d.value, realLogits: judged.out.subarray(0, n), fakeLogits: judged.out.subarray(n) };

    let gradients = backward(discriminator, judged, both(d.atReal, d.atFake), { weights: true }).weights;
    if (r1) gradients = added(gradients, slopePenalty(discriminator, judged, n, r1).weights);
    dAdam.rate = dRate;
    dAdam.apply(gradients);
    yield { part: 4 };

    // The generator's turn. Only the relativistic loss looks at the real points again.
    const pairs = loss === "relativistic";
    const again = pairs ? forward(discriminator, both(real, fake), 2 * n) : forward(discriminator, fake, n);
    const [realAgain, fakeAgain] = pairs ? [again.out.subarray(0, n), again.out.subarray(n)] : [null, again.out];
    const g = gLoss(realAgain, fakeAgain);
    yield { part: 5, gLoss: g.value, fakeLogits: fakeAgain };

    // Back through the discriminator, to each fake.
    const atLogits = pairs ? both(new Float64Array(n), g.atFake) : g.atFake;
    const atFake = backward(discriminator, again, atLogits, { input: true }).input.subarray(pairs ? 2 * n : 0);
    yield { part: 6, atFake };

    // Back through the fakes, into the generator.
    gAdam.rate = gRate;
    gAdam.apply(backward(generator, drawn, atFake, { weights: true }).weights);
    yield { part: 7, moved: () => forward(generator, noise, n).out };
  }

  // One update without a stop; what was seen of it, all together.
  function step(...given) {
    const all = {};
    for (const seen of update(...given)) Object.assign(all, seen);
    return all;
  }

  const sample = ({ generator, latent }, noise) => forward(generator, noise, noise.length / latent).out;

  // What D says at points, probabilities.
  const judge = ({ discriminator }, points) => forward(discriminator, points, points.length / 2).out.map(losses.sigmoid);

  // How hard and where to each fake is pushed by its own loss: minus n times the gradient there.
  const pushes = (atFake) => atFake.map((g) => (-g * atFake.length) / 2);

  return { create, update, step, sample, judge, pushes };
}
