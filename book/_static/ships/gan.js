"use strict";

// A small GAN on pictures of 24 x 24 pixels, and its update, with the backward passes written out.
//
//   const gan = shipsGan(planeNetworks(kernel, Float32Array), planeLosses());
//   const game = gan.create(random.uniform);
//   const { dLoss, gLoss } = gan.step(game, real, noise);     // n pictures, and n rows of 16 numbers
//
// A stack of n pictures is one array: the first channel of each picture, row by row, then the second channel of each, and so
// on. So a channel of all pictures is one row of a matrix, and a convolution is one product of matrices.
function shipsGan({ product, room, adam }, losses) {
  const SIDE = 24, LATENT = 16, WIDE = 24, FIRST = 36; // the generator begins with 24 channels of 6 x 6
  const LEAKY = Float32Array.of(0.2, 1); // the slopes of a leaky ReLU, looked up since that is quicker than a branch

  // ---- Convolutions
  // `size` x `size` weights for each channel that comes in and each that goes out, every `stride` pixels, on pictures of
  // `side` pixels with `pad` zeros around them.
  function convolution(channels, out, side, { size, stride, leaky = true }) {
    const pad = 1, outSide = (side + 2 * pad - size) / stride + 1;
    const layer = { channels, out, weights: size * size, pixels: side * side, outPixels: outSide * outSide, leaky };
    // Which pixel of its picture each weight meets, at each pixel that comes out; -1 is outside.
    layer.meets = Int32Array.from({ length: layer.weights * layer.outPixels }, (_, i) => {
      const weight = Math.floor(i / layer.outPixels), pixel = i % layer.outPixels;
      const y = Math.floor(pixel / outSide) * stride + Math.floor(weight / size) - pad;
      const x = (pixel % outSide) * stride + (weight % size) - pad;
      return y < 0 || y >= side || x < 0 || x >= side ? -1 : y * side + x;
    });
    return layer;
  }
  const GENERATOR = [
    convolution(WIDE, 64, 6, { size: 3, stride: 1 }), // becomes 16 channels of 12 x 12
    convolution(16, 12, 12, { size: 3, stride: 1, leaky: false }), // becomes 3 channels of 24 x 24
  ];
  const DISCRIMINATOR = [
    convolution(3, 16, SIDE, { size: 4, stride: 2 }),
    convolution(16, 32, 12, { size: 4, stride: 2 }),
    convolution(32, 32, 6, { size: 4, stride: 2 }), // 32 channels of 3 x 3
  ];

  // All that the weights meet: a row for each weight of each channel, a column for each pixel that comes out.
  function metBy({ channels, weights, pixels, outPixels, meets }, x, n) {
    const met = room(channels * weights * n * outPixels);
    for (let c = 0, to = 0; c < channels; c++) {
      for (let weight = 0; weight < weights; weight++) {
        for (let k = 0; k < n; k++) {
          const picture = (c * n + k) * pixels, row = weight * outPixels;
          for (let i = 0; i < outPixels; i++) {
            const pixel = meets[row + i];
            met[to++] = pixel < 0 ? 0 : x[picture + pixel];
          }
        }
      }
    }
    return met;
  }

  // The way back: each pixel gathers what was sent to it.
  function gathered({ channels, weights, pixels, outPixels, meets }, met, n) {
    const x = room(channels * n * pixels).fill(0);
    for (let c = 0, at = 0; c < channels; c++) {
      for (let weight = 0; weight < weights; weight++) {
        for (let k = 0; k < n; k++) {
          const picture = (c * n + k) * pixels, row = weight * outPixels;
          for (let i = 0; i < outPixels; i++, at++) {
            const pixel = meets[row + i];
            if (pixel >= 0) x[picture + pixel] += met[at];
          }
        }
      }
    }
    return x;
  }

  // Adds its bias to each row of a matrix, and bends the rows where they are to be bent.
  function bend(y, bias, columns, leaky = true) {
    for (let row = 0, at = 0; row < bias.length; row++) {
      for (let i = 0; i < columns; i++, at++) {
        const sum = y[at] + bias[row];
        y[at] = leaky ? sum * LEAKY[+(sum > 0)] : sum;
      }
    }
    return y;
  }
  // What is bent keeps its sign, so it tells the slope.
  function unbend(at, y) {
    for (let i = 0; i < at.length; i++) at[i] *= LEAKY[+(y[i] > 0)];
    return at;
  }

  function through(layer, [matrix, bias], x, n) {
    const { channels, out, weights, outPixels, leaky } = layer, met = metBy(layer, x, n), columns = n * outPixels;
    const y = product(matrix, met, { a: [1, out], b: [columns, 1] }, out, channels * weights, columns);
    return { layer, matrix, met, n, columns, y: bend(y, bias, columns, leaky) };
  }

  // From the gradient at what came out to those at the weights and at what went in; what is not `wanted` is left out.
  function back({ layer, matrix, met, n, columns, y }, at, wanted = { weights: true, input: true }) {
    const { channels, out, weights, leaky } = layer, rows = channels * weights, gradients = {};
    if (leaky) unbend(at, y);
    if (wanted.weights) {
      gradients.weights = [product(met, at, { a: [columns, 1], b: [1, columns] }, rows, columns, out), sumOfRows(at, out, columns)];
    }
    if (wanted.input) {
      gradients.input = gathered(layer, product(matrix, at, { a: [out, 1], b: [columns, 1] }, rows, out, columns), n);
    }
    return gradients;
  }

  function sumOfRows(y, rows, columns) {
    const sums = new Float32Array(rows);
    for (let row = 0, at = 0; row < rows; row++) for (let i = 0; i < columns; i++) sums[row] += y[at++];
    return sums;
  }

  // Four channels of `side` x `side` become one of twice that side, each pixel a square of four (W. Shi and others,
  // 1609.05158); and back.
  function unfold(x, channels, n, side, fold = false) {
    const y = room(x.length);
    for (let c = 0, at = 0; c < channels; c++) {
      for (let quarter = 0; quarter < 4; quarter++) {
        for (let k = 0; k < n; k++) {
          for (let row = 0; row < side; row++) {
            const to = ((c * n + k) * 2 * side + 2 * row + (quarter >> 1)) * 2 * side + (quarter & 1);
            for (let i = 0; i < side; i++, at++) {
              if (fold) y[at] = x[to + 2 * i];
              else y[to + 2 * i] = x[at];
            }
          }
        }
      }
    }
    return y;
  }

  // ---- The generator: a dense layer to 24 channels of 6 x 6, then two convolutions, each followed by `unfold`.
  // A dense layer gives a row for each picture; a stack has its channels first.
  function stacked(rows, n, back = false) {
    const y = room(rows.length);
    for (let c = 0, at = 0; c < WIDE; c++) {
      for (let k = 0; k < n; k++) {
        for (let i = 0; i < FIRST; i++, at++) {
          const row = (k * WIDE + c) * FIRST + i;
          if (back) y[row] = rows[at];
          else y[at] = rows[row];
        }
      }
    }
    return y;
  }

  function draw(weights, noise) {
    const n = noise.length / LATENT, numbers = WIDE * FIRST;
    const dense = product(noise, weights[0], { a: [LATENT, 1], b: [numbers, 1] }, n, LATENT, numbers);
    const first = bend(stacked(dense, n), weights[1], n * FIRST);
    const second = through(GENERATOR[0], weights.slice(2, 4), first, n);
    const third = through(GENERATOR[1], weights.slice(4, 6), unfold(second.y, 16, n, 6), n);
    const out = unfold(third.y, 3, n, 12);
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(out[i]);
    return { n, noise, first, second, third, out };
  }

  function drawBack({ n, noise, first, second, third, out }, atOut) {
    const atSums = room(atOut.length), numbers = WIDE * FIRST;
    for (let i = 0; i < out.length; i++) atSums[i] = atOut[i] * (1 - out[i] * out[i]);
    const last = back(third, unfold(atSums, 3, n, 12, true));
    const middle = back(second, unfold(last.input, 16, n, 6, true));
    const at = unbend(middle.input, first);
    const matrix = product(noise, stacked(at, n, true), { a: [1, LATENT], b: [numbers, 1] }, LATENT, n, numbers);
    return [matrix, sumOfRows(at, WIDE, n * FIRST), ...middle.weights, ...last.weights];
  }

  // ---- The discriminator: three convolutions, and a logit from all that is left.
  function judge(weights, pictures, n) {
    const passes = [];
    DISCRIMINATOR.forEach((layer, i) => passes.push(through(layer, weights.slice(2 * i, 2 * i + 2), i ? passes[i - 1].y : pictures, n)));
    const { y, layer } = passes[2], [matrix, bias] = weights.slice(6), logits = new Float64Array(n).fill(bias[0]);
    each(layer, n, (k, i, at) => (logits[k] += matrix[i] * y[at]));
    return { n, passes, matrix, logits };
  }
  // Calls with the picture, the weight of the last layer, and the place in the stack.
  function each({ out, outPixels }, n, visit) {
    for (let c = 0, at = 0; c < out; c++) for (let k = 0; k < n; k++) for (let i = 0; i < outPixels; i++) visit(k, c * outPixels + i, at++);
  }

  function judgeBack({ n, passes, matrix }, atLogits, wanted) {
    const { y, layer } = passes[2], atMatrix = new Float32Array(matrix.length);
    let at = room(y.length);
    each(layer, n, (k, i, place) => {
      at[place] = atLogits[k] * matrix[i];
      atMatrix[i] += atLogits[k] * y[place];
    });
    const gradients = [atMatrix, Float32Array.of(atLogits.reduce((sum, g) => sum + g, 0))];
    for (let i = 2; i >= 0; i--) {
      const found = back(passes[i], at, { weights: wanted.weights, input: i > 0 || wanted.input });
      if (wanted.weights) gradients.unshift(...found.weights);
      at = found.input;
    }
    return { weights: gradients, input: at };
  }

  // ---- Both
  // Even numbers, so wide that each layer keeps the size of what goes through it (K. He and others, 1502.01852).
  function create(uniform) {
    const even = (inputs, outputs) => Float32Array.from({ length: inputs * outputs }, () => Math.sqrt(5 / inputs) * (2 * uniform() - 1));
    const layers = (list) => list.flatMap(({ channels, weights, out }) => [even(channels * weights, out), new Float32Array(out)]);
    const generator = [even(LATENT, WIDE * FIRST), new Float32Array(WIDE), ...layers(GENERATOR)];
    const { out, outPixels } = DISCRIMINATOR[2];
    const discriminator = [...layers(DISCRIMINATOR), even(out * outPixels, 1), new Float32Array(1)];
    const optimizer = (weights) => adam(weights, { rate: 1e-3, beta1: 0.5, beta2: 0.99 });
    return { generator, discriminator, averages: generator.map((w) => w.slice()), gAdam: optimizer(generator), dAdam: optimizer(discriminator) };
  }

  function joined(a, b) {
    const both = room(2 * a.length), channel = a.length / 3;
    for (let c = 0; c < 3; c++) {
      both.set(a.subarray(c * channel, (c + 1) * channel), 2 * c * channel);
      both.set(b.subarray(c * channel, (c + 1) * channel), (2 * c + 1) * channel);
    }
    return both;
  }

  // One update, with the relativistic loss: first D's turn, then G's. G is held against the logits that the real pictures had
  // in D's turn, which saves a third of that pass.
  function step(game, real, noise) {
    const { generator, discriminator, averages, gAdam, dAdam } = game, { discriminator: dLoss, generator: gLoss } = losses.relativistic;
    const drawn = draw(generator, noise), { n } = drawn;
    const judged = judge(discriminator, joined(real, drawn.out), 2 * n), realLogits = judged.logits.subarray(0, n);
    const d = dLoss(realLogits, judged.logits.subarray(n));
    const atLogits = Float64Array.of(...d.atReal, ...d.atFake);
    dAdam.apply(judgeBack(judged, atLogits, { weights: true }).weights);

    const again = judge(discriminator, drawn.out, n), g = gLoss(realLogits, again.logits);
    gAdam.apply(drawBack(drawn, judgeBack(again, g.atFake, { input: true }).input));
    const momentum = Math.min(0.995, gAdam.updates / (9 + gAdam.updates));
    averages.forEach((average, k) => {
      for (let i = 0; i < average.length; i++) average[i] += (1 - momentum) * (generator[k][i] - average[i]);
    });
    return { dLoss: d.value, gLoss: g.value };
  }

  // What the averages of the weights draw.
  const sample = ({ averages }, noise) => draw(averages, noise).out;

  return { SIDE, LATENT, create, step, sample, draw, drawBack, judge, judgeBack };
}
