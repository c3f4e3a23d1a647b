"use strict";

// Networks of dense layers, forward and backward by hand. All of it is inside one function, so that its text can be
// handed to a worker.
//
//   const { create, forward, backward, adam } = planeNetworks();
//   const network = create([2, 64, 64, 1], "leaky_relu", random.uniform);
//   const pass = forward(network, points, n);          // pass.out: n numbers
//   const back = backward(network, pass, atOut);       // back.weights, back.input: the gradients
//
// A matrix is a Float64Array (or another array of `Numbers`), row by row. Weights stand in the order of Keras' `get_weights`: matrix, bias, matrix, ...
//
// With a kernel (kernel.js) the products are made by WebAssembly, with the same bits, some four times as fast. What is inside a
// pass then lies in the kernel's memory, until `forget` is called.
function planeNetworks(kernel = null, Numbers = Float64Array) {
  // The sum over t of a[i, t] b[t, j], for all n rows i and m columns j. `by` says how far apart neighbours lie:
  // {a: [i, t], b: [t, j]}. So one function multiplies matrices as they are or turned over, without a copy. Two rows and
  // four columns go at a time, since eight sums stay in the processor's registers: nearly all time is spent here.
  function plainProduct(a, b, by, n, inner, m) {
    const y = new Numbers(n * m), [ai, at] = by.a, [bt, bj] = by.b;
    for (let i = 0; i < n; i += 2) {
      const below = i + 1 < n ? ai : 0;
      let j = 0;
      for (; j + 4 <= m; j += 4) {
        let p = i * ai, q = j * bj;
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0, u0 = 0, u1 = 0, u2 = 0, u3 = 0;
        for (let t = 0; t < inner; t++) {
          const s = a[p], u = a[p + below];
          const b0 = b[q], b1 = b[q + bj], b2 = b[q + 2 * bj], b3 = b[q + 3 * bj];
          s0 += s * b0; s1 += s * b1; s2 += s * b2; s3 += s * b3;
          u0 += u * b0; u1 += u * b1; u2 += u * b2; u3 += u * b3;
          p += at;
          q += bt;
        }
        const to = i * m + j;
        y[to] = s0; y[to + 1] = s1; y[to + 2] = s2; y[to + 3] = s3;
        if (below) { y[to + m] = u0; y[to + m + 1] = u1; y[to + m + 2] = u2; y[to + m + 3] = u3; }
      }
      for (; j < m; j++) {
        let p = i * ai, q = j * bj, s = 0, u = 0;
        for (let t = 0; t < inner; t++, p += at, q += bt) {
          s += a[p] * b[q];
          u += a[p + below] * b[q];
        }
        y[i * m + j] = s;
        if (below) y[(i + 1) * m + j] = u;
      }
    }
    return y;
  }
  const product = (...given) => kernel?.product(...given) ?? plainProduct(...given);
  const times = (x, w, n, inner, m) => product(x, w, { a: [inner, 1], b: [m, 1] }, n, inner, m); // x W
  const timesTurned = (y, w, n, m, inner) => product(y, w, { a: [m, 1], b: [1, m] }, n, m, inner); // y W^T
  const turnedTimes = (x, y, n, inner, m) => product(x, y, { a: [1, inner], b: [m, 1] }, inner, n, m); // x^T y

  function sumOfRows(y, n, m) {
    const sums = new Float64Array(m);
    for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++) sums[j] += y[at++];
    return sums;
  }

  // An activation in place, and its slope at each place beside it.
  const room = kernel?.take ?? ((n) => new Numbers(n));
  const LEAKY = Float64Array.of(0.2, 1); // looked up: of a branch, the processor would guess every second one wrong
  const activations = {
    leaky_relu(sums) {
      const slopes = room(sums.length);
      for (let i = 0; i < sums.length; i++) {
        slopes[i] = LEAKY[+(sums[i] > 0)];
        sums[i] *= slopes[i];
      }
      return slopes;
    },
    silu(sums) {
      const slopes = room(sums.length);
      for (let i = 0; i < sums.length; i++) {
        const s = 1 / (1 + Math.exp(-sums[i]));
        slopes[i] = s * (1 + sums[i] * (1 - s));
        sums[i] *= s;
      }
      return slopes;
    },
  };

  // Weights as Keras begins them: even numbers between -limit and limit (Glorot and Bengio, 2010), biases of zero.
  function create(sizes, activation, uniform) {
    const weights = [];
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      const [inputs, outputs] = [sizes[layer], sizes[layer + 1]];
      const limit = Math.sqrt(6 / (inputs + outputs));
      weights.push(Float64Array.from({ length: inputs * outputs }, () => limit * (2 * uniform() - 1)));
      weights.push(new Float64Array(outputs));
    }
    return { sizes, activation, weights };
  }

  // n rows through the network. What goes into each layer, and the slopes of the activations, are kept for the way back.
  function forward({ sizes, activation, weights }, x, n) {
    const inputs = [x], slopes = [];
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      const outputs = sizes[layer + 1], bias = weights[2 * layer + 1];
      const y = times(inputs[layer], weights[2 * layer], n, sizes[layer], outputs);
      for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < outputs; j++) y[at++] += bias[j];
      if (layer + 2 < sizes.length) slopes.push(activations[activation](y));
      inputs.push(y);
    }
    return { n, inputs, slopes, out: inputs.pop() };
  }

  // From the gradient at the output back to that at the weights and at the input. Where only one of them is wanted, the
  // other is left out.
  function backward({ sizes, weights }, { n, inputs, slopes }, atOut, wanted = { weights: true, input: true }) {
    const gradients = [];
    let at = atOut;
    for (let layer = sizes.length - 2; layer >= 0; layer--) {
      if (wanted.weights) {
        gradients.unshift(turnedTimes(inputs[layer], at, n, sizes[layer], sizes[layer + 1]), sumOfRows(at, n, sizes[layer + 1]));
      }
      if (!layer && !wanted.input) return { weights: gradients };
      at = timesTurned(at, weights[2 * layer], n, sizes[layer + 1], sizes[layer]);
      if (layer) for (let i = 0; i < at.length; i++) at[i] *= slopes[layer - 1][i];
    }
    return { weights: gradients, input: at };
  }

  // R1: gamma / 2 times the mean squared length of the gradient of the logit at the first n rows of a pass, and the
  // gradient of that with respect to the weights: a gradient of a gradient.
  //
  // On the way back through the layers, with the slopes s and one row of the batch,
  //   back[2] = W3^T s2,  back[1] = (back[2] W2^T) s1,  back[0] = back[1] W1^T: the gradient of the logit.
  // It is made of products, so its own derivative goes forwards through the same products. A leaky ReLU is straight on both
  // sides of 0, so the slopes themselves do not change, and nothing else has to be added.
  function slopePenalty({ sizes, weights }, { slopes }, n, gamma) {
    const last = sizes.length - 2, back = [];
    let at = new Float64Array(n).fill(1);
    for (let layer = last; layer >= 0; layer--) {
      back[layer] = at; // at the sums of this layer
      at = timesTurned(at, weights[2 * layer], n, sizes[layer + 1], sizes[layer]);
      if (layer) for (let i = 0; i < at.length; i++) at[i] *= slopes[layer - 1][i];
    }
    const value = ((gamma / 2) * at.reduce((sum, g) => sum + g * g, 0)) / n;

    const gradients = [];
    let forth = at.map((g) => (gamma / n) * g); // the derivative of the penalty at the gradient
    for (let layer = 0; layer <= last; layer++) {
      gradients.push(turnedTimes(forth, back[layer], n, sizes[layer], sizes[layer + 1]), new Float64Array(sizes[layer + 1]));
      if (layer === last) break;
      forth = times(forth, weights[2 * layer], n, sizes[layer], sizes[layer + 1]);
      for (let i = 0; i < forth.length; i++) forth[i] *= slopes[layer][i];
    }
    return { value, weights: gradients };
  }

  // D. P. Kingma and J. Ba, "Adam", 1412.6980, as Keras writes it. `apply` moves weights against their gradients.
  function adam(weights, { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }) {
    const zeros = () => weights.map((w) => new Float64Array(w.length));
    const optimizer = { rate, beta1, beta2, epsilon, updates: 0, means: zeros(), squares: zeros() };
    optimizer.apply = (gradients) => {
      optimizer.updates++;
      const { rate, beta1, beta2, epsilon, updates, means, squares } = optimizer;
      const size = (rate * Math.sqrt(1 - beta2 ** updates)) / (1 - beta1 ** updates);
      weights.forEach((w, k) => {
        const g = gradients[k], m = means[k], v = squares[k];
        for (let i = 0; i < w.length; i++) {
          m[i] += (1 - beta1) * (g[i] - m[i]);
          v[i] += (1 - beta2) * (g[i] * g[i] - v[i]);
          w[i] -= (size * m[i]) / (Math.sqrt(v[i]) + epsilon);
        }
      });
    };
    return optimizer;
  }

  return { product, room, create, forward, backward, slopePenalty, adam, forget: kernel?.forget ?? (() => {}) };
}
