"use strict";

// A forward pass in plain JavaScript. tools/live.py writes each Keras model down as a list of layers, this runs them.
//
//   const draw = satganNetwork().build(model);   // model: {inputs: [[64]], layers: [{name: "Dense", ...}, ...], weights}
//   const pixels = draw(noise);                  // numbers in [-1, 1], row by row, red, green, blue
//
// A layer takes what the one before it gives. One that takes something else, or more, says so: `from` numbers what there is,
// the inputs first and then the layers, in their order.
//
// All of it is inside one function, so that its text can be handed to a worker.
function satganNetwork() {
  // The weights are float16, two bytes each, written as base64.
  function decode(base64) {
    const bytes = atob(base64);
    const numbers = new Float64Array(bytes.length / 2);
    for (let i = 0; i < numbers.length; i++) {
      const half = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
      const exponent = (half >> 10) & 31;
      const fraction = half & 1023;
      const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
      numbers[i] = half & 0x8000 ? -size : size;
    }
    return numbers;
  }

  // Four columns of a matrix lie side by side, those of one row together: `multiply` walks through it in one go.
  function pack(matrix, rows, columns) {
    const packed = new Float64Array(rows * 4 * Math.ceil(columns / 4));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        packed[(Math.floor(column / 4) * rows + row) * 4 + (column % 4)] = matrix[row * columns + column];
      }
    }
    return packed;
  }

  // y = x * matrix + bias, with x (n, rows), two rows and four columns at a time. Row i of y begins at first + i * step.
  // All the time that a chip takes is spent here: eight sums stay in the processor's registers.
  function multiply(x, n, rows, packed, columns, bias, y, first, step) {
    for (let i = 0; i < n; i += 2) {
      const a = i * rows;
      const b = i + 1 < n ? a + rows : a;
      const toA = first + i * step;
      const toB = toA + step;
      for (let column = 0, w = 0; column < columns; column += 4) {
        let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
        for (let row = 0; row < rows; row++, w += 4) {
          const xa = x[a + row], xb = x[b + row];
          const w0 = packed[w], w1 = packed[w + 1], w2 = packed[w + 2], w3 = packed[w + 3];
          a0 += xa * w0; a1 += xa * w1; a2 += xa * w2; a3 += xa * w3;
          b0 += xb * w0; b1 += xb * w1; b2 += xb * w2; b3 += xb * w3;
        }
        const sumsA = [a0, a1, a2, a3], sumsB = [b0, b1, b2, b3];
        for (let k = 0; k < 4 && column + k < columns; k++) {
          y[toA + column + k] = sumsA[k] + bias[column + k];
          if (b > a) y[toB + column + k] = sumsB[k] + bias[column + k];
        }
      }
    }
  }

  // A convolution lays the pixels under its kernel in a row, for each place of it, and multiplies those rows with its
  // weights. The kernel's first place is `from` = [row, column]; beyond the border there are zeros. Places are
  // `stride` apart in x, and their results `spread` apart in y, from `shift` on.
  function convolve(x, [height, width, channels], kernel, [from, stride], bias, y, [outHeight, outWidth], spread, shift) {
    const { rows, columns, packed, size } = kernel;
    const line = size[1] * channels;
    const patches = new Float64Array(outWidth * rows);
    for (let i = 0; i < outHeight; i++) {
      patches.fill(0);
      for (let j = 0; j < outWidth; j++) {
        const left = j * stride + from[1];
        const first = Math.max(0, -left), last = Math.min(size[1], width - left);
        for (let k = 0; k < size[0]; k++) {
          const top = i * stride + from[0] + k;
          if (top < 0 || top >= height) continue;
          const source = (top * width + left + first) * channels;
          const target = j * rows + k * line + first * channels;
          for (let c = 0; c < (last - first) * channels; c++) patches[target + c] = x[source + c];
        }
      }
      const begin = ((i * spread + shift[0]) * outWidth * spread + shift[1]) * columns;
      multiply(patches, outWidth, rows, packed, columns, bias, y, begin, spread * columns);
    }
  }

  const activations = {
    linear: null,
    relu: (v) => (v > 0 ? v : 0),
    tanh: Math.tanh,
    sigmoid: (v) => 1 / (1 + Math.exp(-v)),
    silu: (v) => v / (1 + Math.exp(-v)),
  };

  function activate(y, name) {
    const f = activations[name];
    if (f) for (let i = 0; i < y.length; i++) y[i] = f(y[i]);
    return y;
  }

  // Noise by a rule: each value is its own number, mixed by a hash of 32 bits; every second channel is smoothed.
  function grainSheets(height, width, channels) {
    const sheets = new Float64Array(height * width * channels).map((_, i) => {
      let bits = Math.imul(i ^ (i >>> 16), 0x21f0aaad);
      bits = Math.imul(bits ^ (bits >>> 15), 0xd35a2d97);
      bits ^= bits >>> 15;
      return ((bits >>> 0) / 2 ** 32 - 0.5) * Math.sqrt(12);
    });
    for (const along of ["rows", "columns"]) {
      const before = sheets.slice();
      const at = (row, column, channel) =>
        before[(((row + height) % height) * width + ((column + width) % width)) * channels + channel];
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          for (let channel = 1; channel < channels; channel += 2) {
            const [down, right] = along === "rows" ? [1, 0] : [0, 1];
            const sides = at(row - down, column - right, channel) + at(row + down, column + right, channel);
            sheets[(row * width + column) * channels + channel] = (sides + 2 * at(row, column, channel)) / Math.sqrt(6);
          }
        }
      }
    }
    return sheets;
  }

  // n rows of numbers, each multiplied with the same matrix.
  function dense(matrix, bias, n, rows) {
    const columns = bias.length, packed = pack(matrix, rows, columns);
    return (x) => {
      const y = new Float64Array(n * columns);
      multiply(x, n, rows, packed, columns, bias, y, 0, columns);
      return y;
    };
  }

  // Results that are further apart than what they come from: the places of y that are `times` apart in both directions meet
  // the same weights, and so have a small convolution to themselves. `corners` are these convolutions.
  function spreadOut(corners, bias, shape, times, output) {
    return (x) => {
      const y = new Float64Array(output[0] * output[1] * output[2]);
      const places = [output[0] / times, output[1] / times];
      for (const { kernel, from, shift } of corners) convolve(x, shape, kernel, [from, 1], bias, y, places, times, shift);
      return y;
    };
  }

  // What is given, number by number. A later part that is shorter, a number for each channel, is used again for every pixel.
  const together = (join) => () => (first, ...rest) => {
    const y = first.slice();
    for (const part of rest) {
      for (let at = 0; at < y.length; at += part.length) {
        for (let k = 0; k < part.length; k++) y[at + k] = join(y[at + k], part[k]);
      }
    }
    return y;
  };

  // By name, what a layer does: given its settings, its weights and the shapes that come in, a function of the numbers.
  const makers = {
    Dense({ activation }, [matrix, bias], shape) {
      const inputs = shape[shape.length - 1];
      const run = dense(matrix, bias, shape.reduce((a, b) => a * b) / inputs, inputs);
      return (x) => activate(run(x), activation);
    },

    Conv2D({ kernel: size, stride, pad, output, activation }, [matrix, bias], shape) {
      const rows = size[0] * size[1] * shape[2];
      const kernel = { size, rows, columns: output[2], packed: pack(matrix, rows, output[2]) };
      return (x) => {
        const y = new Float64Array(output[0] * output[1] * output[2]);
        convolve(x, shape, kernel, [[-pad[0], -pad[1]], stride], bias, y, output, 1, [0, 0]);
        return activate(y, activation);
      };
    },

    // Pixels doubled, then a 3 x 3 convolution: a window of it sees only 2 x 2 different pixels, so the weights that meet
    // the same pixel are added up first. Each of the four corners of a doubled pixel has its own sums: 4 products for 9.
    DoubledConv2D({ output, activation }, [matrix, bias], shape) {
      const line = shape[2] * output[2];
      const corners = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([down, right]) => {
        const summed = new Float64Array(4 * line);
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const target = (2 * ((i + 1 + down) >> 1) - 2 * down + ((j + 1 + right) >> 1) - right) * line;
            for (let c = 0; c < line; c++) summed[target + c] += matrix[(3 * i + j) * line + c];
          }
        }
        const rows = 4 * shape[2];
        const kernel = { size: [2, 2], rows, columns: output[2], packed: pack(summed, rows, output[2]) };
        return { kernel, from: [down - 1, right - 1], shift: [down, right] };
      });
      const run = spreadOut(corners, bias, shape, 2, output);
      return (x) => activate(run(x), activation);
    },

    // A convolution the other way round: pixel i of x is added to the places i * stride + k - pad of y, times weight k of the
    // kernel. So a place of y meets every weight whose k has the same remainder.
    Conv2DTranspose({ kernel: size, stride, pad, output, activation }, [matrix, bias], shape) {
      const [inputs, outputs] = [shape[2], output[2]];
      const met = (axis, shift) => {
        const ks = [];
        for (let k = size[axis] - 1; k >= 0; k--) if ((k - pad[axis] - shift) % stride === 0) ks.push(k);
        return ks;
      };
      const corners = [];
      for (let down = 0; down < stride; down++) {
        for (let right = 0; right < stride; right++) {
          const [high, wide] = [met(0, down), met(1, right)];
          const turned = high.flatMap((i) => wide.flatMap((j) => Array.from({ length: inputs * outputs }, (_, c) => {
            const [into, out] = [Math.floor(c / outputs), c % outputs]; // Keras has them the other way round
            return matrix[((i * size[1] + j) * outputs + out) * inputs + into];
          })));
          const rows = high.length * wide.length * inputs;
          const kernel = { size: [high.length, wide.length], rows, columns: outputs, packed: pack(turned, rows, outputs) };
          const from = [(down + pad[0] - high[0]) / stride, (right + pad[1] - wide[0]) / stride];
          corners.push({ kernel, from, shift: [down, right] });
        }
      }
      const run = spreadOut(corners, bias, shape, stride, output);
      return (x) => activate(run(x), activation);
    },

    // Each channel has a kernel of its own.
    DepthwiseConv2D({ kernel: [high, wide], stride, pad, output, activation }, [matrix, bias], [height, width, channels]) {
      return (x) => {
        const y = new Float64Array(output[0] * output[1] * channels);
        for (let i = 0, to = 0; i < output[0]; i++) {
          for (let j = 0; j < output[1]; j++, to += channels) {
            for (let c = 0; c < channels; c++) y[to + c] = bias[c];
            for (let k = 0; k < high * wide; k++) {
              const row = i * stride - pad[0] + Math.floor(k / wide), column = j * stride - pad[1] + (k % wide);
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              const from = (row * width + column) * channels;
              for (let c = 0; c < channels; c++) y[to + c] += x[from + c] * matrix[k * channels + c];
            }
          }
        }
        return activate(y, activation);
      };
    },

    GlobalAveragePooling2D(_settings, _weights, [height, width, channels]) {
      return (x) => {
        const y = new Float64Array(channels);
        for (let i = 0; i < x.length; i++) y[i % channels] += x[i] / (height * width);
        return y;
      };
    },

    UpSampling2D({ size, output: [height, width, channels] }, _weights, shape) {
      return (x) => {
        const y = new Float64Array(height * width * channels);
        for (let to = 0; to < y.length; to++) {
          const pixel = Math.floor(to / channels);
          const row = Math.floor(pixel / width / size), column = Math.floor((pixel % width) / size);
          y[to] = x[(row * shape[1] + column) * channels + (to % channels)];
        }
        return y;
      };
    },

    Permute({ order, output }, _weights, shape) {
      const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      return (x) => {
        const y = new Float64Array(x.length);
        for (let to = 0; to < y.length; to++) {
          let from = 0;
          for (let axis = output.length - 1, rest = to; axis >= 0; axis--) {
            from += (rest % output[axis]) * steps[order[axis]];
            rest = Math.floor(rest / output[axis]);
          }
          y[to] = x[from];
        }
        return y;
      };
    },

    // The last channels are multiplied by noise that is always the same: `networks.grain_sheets`.
    Grain({ channels }, _weights, [height, width, filters]) {
      const sheets = grainSheets(height, width, channels);
      const plain = filters - channels;
      return (x) => x.map((v, i) => {
        const channel = (i % filters) - plain;
        return channel < 0 ? v : v * sheets[Math.floor(i / filters) * channels + channel];
      });
    },

    // Each pixel's channels divided by their root mean square (1910.07467), and scaled.
    RMSNormalization({ epsilon }, [scale]) {
      const channels = scale.length;
      return (x) => {
        const y = new Float64Array(x.length);
        for (let at = 0; at < x.length; at += channels) {
          let sum = 0;
          for (let c = 0; c < channels; c++) sum += x[at + c] * x[at + c];
          const factor = 1 / Math.sqrt(sum / channels + epsilon);
          for (let c = 0; c < channels; c++) y[at + c] = x[at + c] * factor * scale[c];
        }
        return y;
      };
    },

    // Each place of the first input asks, each place of the second offers (1706.03762): a place takes a mean of what is
    // offered, weighed by how well question and offer agree. Each head does so with channels of its own.
    MultiHeadAttention({ heads }, weights, [asking], [offering]) {
      const [query, key, value, joined] = [asking, offering, offering, asking].map((n, i) => {
        const [matrix, bias] = weights.slice(2 * i, 2 * i + 2);
        return dense(matrix, bias, n, matrix.length / bias.length);
      });
      return (x, others) => {
        const q = query(x), k = key(others), v = value(others);
        const width = q.length / asking, each = width / heads;
        const taken = new Float64Array(q.length), share = new Float64Array(offering);
        for (let head = 0; head < heads; head++) {
          for (let i = 0; i < asking; i++) {
            const at = i * width + head * each;
            for (let j = 0; j < offering; j++) {
              let agree = 0;
              for (let c = 0; c < each; c++) agree += q[at + c] * k[j * width + head * each + c];
              share[j] = agree / Math.sqrt(each);
            }
            const most = Math.max(...share); // taken off, so that no exponential grows too large
            let sum = 0;
            for (let j = 0; j < offering; j++) sum += share[j] = Math.exp(share[j] - most);
            for (let j = 0; j < offering; j++) {
              for (let c = 0; c < each; c++) taken[at + c] += (share[j] / sum) * v[j * width + head * each + c];
            }
          }
        }
        return joined(taken);
      };
    },

    // A time as the heights of waves at it: all sines, then all cosines.
    Waves: ({ frequencies }) => ([t]) =>
      Float64Array.from([Math.sin, Math.cos].flatMap((wave) => frequencies.map((frequency) => wave(frequency * t)))),

    // The channels of one after those of the other.
    Concatenate(_settings, _weights, ...shapes) {
      const widths = shapes.map((shape) => shape[shape.length - 1]);
      const all = widths.reduce((a, b) => a + b, 0);
      return (...parts) => {
        const y = new Float64Array((parts[0].length / widths[0]) * all);
        let begin = 0;
        parts.forEach((part, p) => {
          for (let from = 0, to = begin; from < part.length; to += all - widths[p]) {
            for (let c = 0; c < widths[p]; c++) y[to++] = part[from++];
          }
          begin += widths[p];
        });
        return y;
      };
    },

    Add: together((a, b) => a + b),
    Multiply: together((a, b) => a * b),
    LeakyReLU: ({ slope }) => (x) => x.map((v) => (v > 0 ? v : slope * v)),
    Activation: ({ activation }) => (x) => activate(x.slice(), activation),
    Reshape: () => (x) => x,
  };

  // Pixels doubled and then convolved are quicker as one. The layer that doubles is left to pass on what it gets, so that all
  // numbers in `from` stay right; another layer that asks for its result has it as it is.
  function fuse(layers, inputs) {
    const asked = new Set(layers.flatMap(({ from = [] }) => from));
    const doubled = (layer, i) => {
      const next = layers[i + 1];
      const plain = next?.name === "Conv2D" && next.stride === 1 && String([next.kernel, next.pad]) === "3,3,1,1";
      return layer.name === "UpSampling2D" && layer.size === 2 && plain && !next.from && !asked.has(inputs + i);
    };
    return layers.map((layer, i) => {
      if (i && doubled(layers[i - 1], i - 1)) return { ...layer, name: "DoubledConv2D" };
      const [height, width, channels] = layer.output;
      return doubled(layer, i) ? { ...layer, name: "Reshape", output: [height / 2, width / 2, channels] } : layer;
    });
  }

  // A function from the inputs, one after the other (the noise, then the condition if there is one), to the output.
  function build({ inputs, layers, weights }) {
    const numbers = decode(weights);
    const shapes = [...inputs], steps = [];
    let at = 0;
    for (const layer of fuse(layers, inputs.length)) {
      const own = layer.weights.map((count) => numbers.subarray(at, (at += count)));
      const from = layer.from ?? [shapes.length - 1];
      steps.push({ run: makers[layer.name](layer, own, ...from.map((i) => shapes[i])), from });
      shapes.push(layer.output);
    }
    return (...given) => {
      const results = given.map((part) => Float64Array.from(part));
      for (const { run, from } of steps) results.push(run(...from.map((i) => results[i])));
      return results[results.length - 1];
    };
  }

  return { build };
}
