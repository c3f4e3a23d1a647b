"use strict";

// The products of networks.js by WebAssembly: product.wat says how, product.js holds it as a browser runs it.
//
//   const networks = planeNetworks(planeKernel());
//
// Null where it cannot run: in a browser without WebAssembly's SIMD, or on a host whose policy forbids WebAssembly.
function planeKernel() {
  let memory, product;
  try {
    const program = Uint8Array.from(atob(planeProduct()), (letter) => letter.charCodeAt(0));
    ({ memory, product } = new WebAssembly.Instance(new WebAssembly.Module(program)).exports);
  } catch {
    return null;
  }
  const { buffer } = memory;
  let used = 0; // bytes of the memory

  // Room for n numbers, whatever is in it. There is no need to give it back one by one: `forget` gives all back.
  function take(n) {
    const at = used;
    if (at + 8 * n > buffer.byteLength) return new Float64Array(n);
    used += 8 * n;
    return new Float64Array(buffer, at, n);
  }
  const forget = () => (used = 0);

  const inside = (x) => x.buffer === buffer;
  function copied(x) {
    const copy = take(x.length);
    copy.set(x);
    return copy;
  }
  function turned(b, bt, bj, inner, m) {
    const rows = take(inner * m);
    for (let t = 0, to = 0; t < inner; t++) for (let j = 0; j < m; j++) rows[to++] = b[t * bt + j * bj];
    return rows;
  }

  // As in networks.js; null where there is no room, or where there are fewer columns than the kernel takes at a time. It wants
  // neighbours in a row of b next to each other.
  function fast(a, b, by, n, inner, m) {
    if (m < 4) return null;
    const [ai, at] = by.a, [bt, bj] = by.b;
    const x = inside(a) ? a : copied(a);
    const w = bj !== 1 ? turned(b, bt, bj, inner, m) : inside(b) ? b : copied(b);
    const y = take(n * m);
    if (![x, w, y].every(inside)) return null;
    product(x.byteOffset, 8 * ai, 8 * at, w.byteOffset, 8 * (bj === 1 ? bt : m), y.byteOffset, n, inner, m);
    return y;
  }

  return { product: fast, take, forget };
}
