"use strict";

// The losses of both players, as satgan_tutorial/losses.py has them: functions of logits, those of real points and those of
// fakes. Each returns its value, and its gradient at every logit, which is where the way back begins.
function planeLosses() {
  // log(1 + e^t), without an overflow, and its derivative.
  const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
  const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));

  const mean = (logits, f) => logits.reduce((sum, l) => sum + f(l), 0) / logits.length;
  const slopes = (logits, f) => logits.map((l) => f(l) / logits.length);

  // "Real is real, fake is fake": the discriminator's cross-entropy.
  const tellApart = (real, fake) => ({
    value: mean(real, (l) => softplus(-l)) + mean(fake, softplus),
    atReal: slopes(real, (l) => -sigmoid(-l)),
    atFake: slopes(fake, sigmoid),
  });

  // Only the lead of a real point over the fake beside it counts; `sign` says who wants it large.
  const compare = (sign) => (real, fake) => {
    const lead = real.map((l, i) => sign * (l - fake[i]));
    const atLead = slopes(lead, (t) => -sign * sigmoid(-t));
    return { value: mean(lead, (t) => softplus(-t)), atReal: atLead, atFake: atLead.map((g) => -g) };
  };

  return {
    sigmoid,
    non_saturating: {
      discriminator: tellApart,
      generator: (_real, fake) => ({ value: mean(fake, (l) => softplus(-l)), atFake: slopes(fake, (l) => -sigmoid(-l)) }),
    },
    minimax: {
      discriminator: tellApart,
      generator: (_real, fake) => ({ value: mean(fake, (l) => -softplus(l)), atFake: slopes(fake, (l) => -sigmoid(l)) }),
    },
    relativistic: {
      discriminator: compare(1),
      generator: compare(-1),
    },
  };
}
