"use strict";

// What can be measured in a chip with no network, as satgan_tutorial/measure.py does it: the sea's colour, and the
// heading and size of what stands out from it in the middle.
//
//   satganMeasure(rgb)   // 80 x 80 x 3 numbers from 0 to 255
//   // {sea: [red, green, blue], heading: degrees from 0 to 180, length: metres, width: metres}; NaN where nothing stands out
function satganMeasure(rgb) {
  const side = 80, metres = 3, frame = 4, all = side * side;
  const median = (values) => quantile(Float64Array.from(values).sort(), 0.5);

  const border = [];
  for (let i = 0; i < all; i++) {
    const row = Math.floor(i / side), column = i % side;
    const times = (row < frame || row >= side - frame) + (column < frame || column >= side - frame);
    for (let k = 0; k < times; k++) border.push(i); // the corners belong to two edges
  }
  const sea = [0, 1, 2].map((c) => median(border.map((i) => rgb[3 * i + c])));
  const noise = median(border.map((i) => Math.hypot(...sea.map((s, c) => rgb[3 * i + c] - s))));
  const mask = segment();
  const [heading, length, width] = mask ? shape(mask) : [NaN, NaN, NaN];
  return { sea, heading, length, width };

  // A pixel belongs if its colour is far from the sea's; first what is brighter is looked for, then any colour.
  function segment() {
    const far = new Float64Array(all), brighter = new Float64Array(all);
    for (let i = 0; i < all; i++) {
      const up = i < side ? i : i - side, left = i % side ? -1 : 0;
      const offset = sea.map((s, c) => {
        const at = (j) => rgb[3 * j + c];
        return (at(i) + at(i + left) + at(up) + at(up + left)) / 4 - s;
      });
      far[i] = Math.hypot(...offset);
      if (Math.max(...offset) > 0.5 * far[i]) brighter[i] = far[i];
    }
    for (const distance of [brighter, far]) {
      const least = Math.max(10, 4 * noise);
      const rough = middle(distance.map((d) => d > least));
      if (count(rough) < 30) continue;
      const most = 0.4 * median(distance.filter((_, i) => rough[i]));
      const fine = middle(distance.map((d) => d > Math.max(least, most)));
      return count(fine) < 30 ? null : fine;
    }
    return null;
  }

  // The connected piece with the most pixels near the centre, its holes filled.
  function middle(mask) {
    const closed = close(mask);
    const seen = new Uint8Array(all);
    let best = new Uint8Array(all), most = 0;
    for (let i = 0; i < all; i++) {
      if (!closed[i] || seen[i] || !central(i)) continue;
      const piece = flood(i, (j) => closed[j], 8);
      let near = 0;
      for (let j = 0; j < all; j++) {
        if (piece[j]) seen[j] = 1;
        if (piece[j] && central(j)) near++;
      }
      if (near > most) [best, most] = [piece, near];
    }
    if (!most) return best;
    const outside = new Uint8Array(all);
    for (let i = 0; i < all; i++) {
      const edge = i < side || i >= all - side || i % side === 0 || i % side === side - 1;
      if (edge && !best[i] && !outside[i]) flood(i, (j) => !best[j] && !outside[j], 4).forEach((v, j) => (outside[j] |= v));
    }
    return outside.map((v) => 1 - v);
  }

  function central(i) {
    const half = side / 2, reach = 14;
    const inside = (place) => place >= half - reach && place < half + reach;
    return inside(Math.floor(i / side)) && inside(i % side);
  }

  function flood(start, belongs, neighbours) {
    const piece = new Uint8Array(all);
    const open = [start];
    piece[start] = 1;
    while (open.length) {
      const i = open.pop(), row = Math.floor(i / side), column = i % side;
      for (let down = -1; down <= 1; down++) {
        for (let right = -1; right <= 1; right++) {
          if (neighbours === 4 && down && right) continue;
          const j = (row + down) * side + column + right;
          const there = row + down >= 0 && row + down < side && column + right >= 0 && column + right < side;
          if (there && !piece[j] && belongs(j)) {
            piece[j] = 1;
            open.push(j);
          }
        }
      }
    }
    return piece;
  }

  // Grow by a pixel all round, then shrink by one: gaps close. There is room for it beyond the border.
  function close(mask) {
    const pad = 2, wide = side + 2 * pad;
    const about = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => down * wide + right));
    let padded = new Uint8Array(wide * wide);
    const place = (i) => (Math.floor(i / side) + pad) * wide + (i % side) + pad;
    for (let i = 0; i < all; i++) padded[place(i)] = mask[i];
    padded = padded.map((_, i) => (about.some((a) => padded[i + a]) ? 1 : 0));
    return Uint8Array.from({ length: all }, (_, i) => (about.every((a) => padded[place(i) + a]) ? 1 : 0));
  }

  // The long axis is where the pixels spread most; bow and stern look alike.
  function shape(mask) {
    const x = [], y = [];
    for (let i = 0; i < all; i++) {
      if (!mask[i]) continue;
      x.push(i % side);
      y.push(Math.floor(i / side));
    }
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    const [middleX, middleY] = [mean(x), mean(y)];
    const spread = (f) => x.reduce((sum, _, i) => sum + f(x[i] - middleX, y[i] - middleY), 0);
    const turn = 0.5 * Math.atan2(2 * spread((u, v) => u * v), spread((u, v) => u * u - v * v));
    const [east, south] = [Math.cos(turn), Math.sin(turn)];
    const along = Float64Array.from(x, (_, i) => east * (x[i] - middleX) + south * (y[i] - middleY)).sort();
    const length = quantile(along, 0.995) - quantile(along, 0.005) + 1;
    const width = along.filter((v) => Math.abs(v) < 0.3 * length).length / (0.6 * length);
    const degrees = (Math.atan2(east, -south) * 180) / Math.PI;
    return [(degrees + 180) % 180, length * metres, width * metres];
  }

  function quantile(sorted, q) {
    const place = q * (sorted.length - 1), below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  function count(mask) {
    return mask.reduce((a, b) => a + b, 0);
  }
}
