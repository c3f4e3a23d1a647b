"use strict";

// The products of networks.js by WebAssembly: product.wat says how, product.js holds it as a browser runs it.
//
//   const networks = planeNetworks(planeKernel());
//
// A kernel for other numbers is another program, with the array that holds them and how many columns it takes at a time. Null where it cannot run: in a browser without WebAssembly's SIMD, or on a host whose policy forbids WebAssembly.
function planeKernel(code = planeProduct(), Numbers = Float64Array, columns = 4) {
  let memory, product;
  try {
    const program = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
    ({ memory, product } = new WebAssembly.Instance(new WebAssembly.Module(program)).exports);
  } catch {
    return null;
  }
  const { buffer } = memory, size = Numbers.BYTES_PER_ELEMENT;
  let used = 0; // bytes of the memory

  // Room for n numbers, whatever is in it. There is no need to give it back one by one: `forget` gives all back.
  function take(n) {
    const at = used;
    if (at + size * n > buffer.byteLength) return new Numbers(n);
    used += size * n;
    return new Numbers(buffer, at, n);
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
    if (m < columns) return null;
    const [ai, at] = by.a, [bt, bj] = by.b;
    const x = inside(a) ? a : copied(a);
    const w = bj !== 1 ? turned(b, bt, bj, inner, m) : inside(b) ? b : copied(b);
    const y = take(n * m);
    if (![x, w, y].every(inside)) return null;
    product(x.byteOffset, size * ai, size * at, w.byteOffset, size * (bj === 1 ? bt : m), y.byteOffset, n, inner, m);
    return y;
  }

  return { product: fast, take, forget };
}
