"use strict";

// A forward pass in plain JavaScript. book/live.py writes each Keras model down as a list of layers, this runs them.
//
//   const draw = satganNetwork().build(model);   // model: {inputs: [64], layers: [{name: "Dense", ...}, ...], weights}
//   const pixels = draw(noise);                  // numbers in [-1, 1], row by row, red, green, blue
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

  // By name, what a layer does: given its settings, its weights and the shape that comes in, a function of the numbers.
  const makers = {
    Dense({ output: [units], activation }, [matrix, bias], [inputs]) {
      const packed = pack(matrix, inputs, units);
      return (x) => activate(multiplied(x), activation);
      function multiplied(x) {
        const y = new Float64Array(units);
        multiply(x, 1, inputs, packed, units, bias, y, 0, 0);
        return y;
      }
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
      return (x) => {
        const y = new Float64Array(output[0] * output[1] * output[2]);
        for (const { kernel, from, shift } of corners) {
          convolve(x, shape, kernel, [from, 1], bias, y, shape, 2, shift);
        }
        return activate(y, activation);
      };
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

    LeakyReLU: ({ slope }) => (x) => x.map((v) => (v > 0 ? v : slope * v)),
    Activation: ({ activation }) => (x) => activate(x.slice(), activation),
    Reshape: () => (x) => x,
  };

  // Two layers that are quicker as one.
  function fuse(layers) {
    const out = [];
    for (const layer of layers) {
      const before = out[out.length - 1];
      const doubled = before && before.name === "UpSampling2D" && before.size === 2;
      if (doubled && layer.name === "Conv2D" && layer.stride === 1 && String([layer.kernel, layer.pad]) === "3,3,1,1") {
        out[out.length - 1] = { ...layer, name: "DoubledConv2D" };
      } else {
        out.push(layer);
      }
    }
    return out;
  }

  // A function from the inputs, one after the other (the noise, then the condition if there is one), to the output.
  function build({ inputs, layers, weights }) {
    const numbers = decode(weights);
    const steps = [];
    let at = 0, shape = inputs.length > 1 ? [inputs.reduce((a, b) => a + b[0], 0)] : inputs[0];
    for (const layer of fuse(layers)) {
      const own = layer.weights.map((count) => numbers.subarray(at, (at += count)));
      steps.push(makers[layer.name](layer, own, shape));
      shape = layer.output;
    }
    return (...given) => {
      let x = Float64Array.from(given.flatMap((part) => Array.from(part)));
      for (const step of steps) x = step(x);
      return x;
    };
  }

  return { build };
}
