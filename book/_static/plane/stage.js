"use strict";

// Draws what is seen of a training in the plane on a canvas, in the colours of chapter 5: real points are blue and round, fakes
// orange and pointed, what a flow carries is purple and square.
satgan.planeStage = (canvas) => {
  const EXTENT = 3.2; // of the window on the plane
  const REACH = 0.5; // an arrow is half of its push long, always
  const BLUE = "#0a84c6", VERMILLION = "#d9600f", PURPLE = "#c069a0";
  const pen = canvas.getContext("2d");
  let size = 0, unit = 1, ink = "#000";

  // A clean canvas as sharp as the screen; one unit of `unit` is a pixel of the page.
  function clear() {
    const wide = canvas.clientWidth || 320, dots = devicePixelRatio || 1;
    if (canvas.width !== Math.round(wide * dots)) canvas.width = canvas.height = Math.round(wide * dots);
    [size, unit] = [canvas.width, canvas.width / wide];
    ink = getComputedStyle(canvas).color;
    pen.clearRect(0, 0, size, size);
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }
  const right = (x) => ((x + EXTENT) / (2 * EXTENT)) * size;
  const down = (y) => ((EXTENT - y) / (2 * EXTENT)) * size;

  // ---- Marks
  const shapes = {
    circle: (x, y, r) => { pen.moveTo(x + r, y); pen.arc(x, y, r, 0, 2 * Math.PI); },
    triangle: (x, y, r) => { pen.moveTo(x, y - r); pen.lineTo(x + r, y + 0.8 * r); pen.lineTo(x - r, y + 0.8 * r); pen.closePath(); },
    square: (x, y, r) => pen.rect(x - r, y - r, 2 * r, 2 * r),
    cross: (x, y, r) => { pen.moveTo(x - r, y - r); pen.lineTo(x + r, y + r); pen.moveTo(x - r, y + r); pen.lineTo(x + r, y - r); },
  };
  function marks(points, shape, colour, radius, { alpha = 1, outline = false } = {}) {
    [pen.globalAlpha, pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [alpha, colour, outline ? ink : colour, unit * (outline ? 0.6 : 1.5)];
    pen.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      shapes[shape](right(points[i]), down(points[i + 1]), radius * unit);
      if (!outline) continue;
      pen.fill(); // one by one: outlines of those below would add up to a black heap
      pen.stroke();
      pen.beginPath();
    }
    if (shape === "cross") pen.stroke();
    else pen.fill();
    pen.globalAlpha = 1;
  }

  // Arrows from points along their moves, `scale` times as long.
  function arrows(points, moves, { scale = 1, colour = ink, alpha = 1, every = 1, width = 1.25 } = {}) {
    [pen.globalAlpha, pen.strokeStyle, pen.fillStyle, pen.lineWidth] = [alpha, colour, colour, width * unit];
    const heads = new Path2D();
    pen.beginPath();
    for (let i = 0; i < points.length; i += 2 * every) {
      const x = right(points[i]), y = down(points[i + 1]);
      const toX = right(points[i] + scale * moves[i]), toY = down(points[i + 1] + scale * moves[i + 1]);
      const long = Math.hypot(toX - x, toY - y);
      if (long < 2 * unit) continue;
      const head = Math.min(5 * unit, 0.6 * long), [u, v] = [(toX - x) / long, (toY - y) / long];
      pen.moveTo(x, y);
      pen.lineTo(toX - 0.8 * head * u, toY - 0.8 * head * v);
      heads.moveTo(toX, toY);
      heads.lineTo(toX - head * u - 0.5 * head * v, toY - head * v + 0.5 * head * u);
      heads.lineTo(toX - head * u + 0.5 * head * v, toY - head * v - 0.5 * head * u);
      heads.closePath();
    }
    pen.stroke();
    pen.fill(heads);
    pen.globalAlpha = 1;
  }

  // ---- What D says, in ten shades from orange over nothing to blue, and a dashed line where it says one half.
  const FINE = 240;
  const sheet = Object.assign(document.createElement("canvas"), { width: FINE, height: FINE });
  const pixels = new ImageData(FINE, FINE), colours = new Uint32Array(pixels.data.buffer); // one for each pixel
  const shades = new Uint32Array(
    Uint8ClampedArray.from({ length: 40 }, (_, at) => {
      const i = at >> 2, [red, green, blue] = i < 5 ? [0xd9, 0x60, 0x0f] : [0x0a, 0x84, 0xc6];
      return [red, green, blue, 255 * 0.62 * Math.abs((i - 4.5) / 5) ** 0.9][at & 3];
    }).buffer,
  );

  // Each fine place among the coarse ones: the one before it, and how far it is from there to the next.
  const between = (side) =>
    Array.from({ length: FINE }, (_, k) => {
      const at = Math.min(side - 1.001, Math.max(0, ((k + 0.5) * side) / FINE - 0.5));
      return [Math.floor(at), at - Math.floor(at)];
    });

  function judged(field) {
    const side = Math.sqrt(field.length), places = between(side), line = new Float32Array(side);
    for (let row = 0, to = 0; row < FINE; row++) {
      const [j, v] = places[FINE - 1 - row];
      for (let i = 0; i < side; i++) line[i] = (1 - v) * field[j * side + i] + v * field[(j + 1) * side + i];
      for (const [i, u] of places) colours[to++] = shades[Math.min(9, Math.floor(10 * ((1 - u) * line[i] + u * line[i + 1])))];
    }
    sheet.getContext("2d").putImageData(pixels, 0, 0);
    pen.drawImage(sheet, 0, 0, size, size);
    level(field, side, 0.5);
  }

  // The line on which a field has a value: where it crosses the sides of each small square (marching squares).
  function level(field, side, value) {
    const place = (k) => EXTENT * ((2 * k + 1) / side - 1);
    pen.beginPath();
    for (let j = 0; j + 1 < side; j++) {
      for (let i = 0; i + 1 < side; i++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const crossings = [];
        corners.forEach(([a, b], k) => {
          const [c, d] = corners[(k + 1) % 4], here = field[b * side + a] - value, there = field[d * side + c] - value;
          if (here > 0 === there > 0) return;
          const way = here / (here - there);
          crossings.push([right(place(a + way * (c - a))), down(place(b + way * (d - b)))]);
        });
        for (let k = 0; k + 1 < crossings.length; k += 2) {
          pen.moveTo(...crossings[k]);
          pen.lineTo(...crossings[k + 1]);
        }
      }
    }
    [pen.strokeStyle, pen.lineWidth] = [ink, unit];
    pen.setLineDash([4 * unit, 3 * unit]);
    pen.stroke();
    pen.setLineDash([]);
  }

  function words(text, x, y) {
    pen.font = `${12 * unit}px system-ui, sans-serif`;
    [pen.fillStyle, pen.textBaseline] = [ink, "middle"];
    pen.fillText(text, right(x), down(y));
  }
  // The one scale of all arrows, on a plate that keeps what lies there from running into it.
  function scaleOfArrows() {
    [pen.globalAlpha, pen.fillStyle] = [0.85, getComputedStyle(document.body).backgroundColor];
    pen.fillRect(0, size - 26 * unit, 132 * unit, 26 * unit);
    pen.globalAlpha = 1;
    arrows([-3.0, -2.95], [1, 0], { scale: REACH, width: 1.5 });
    words("a push of 1", -2.4, -2.95);
  }

  // ---- Whole pictures
  function gan({ real, fakes, field, pushes }, { arrows: shown, says }) {
    clear();
    if (says) judged(field);
    marks(real, "circle", BLUE, 2, { alpha: 0.7 });
    marks(fakes, "triangle", VERMILLION, 3.2, { alpha: 0.9 });
    if (shown) {
      arrows(fakes.subarray(0, 120), pushes.subarray(0, 120), { scale: REACH });
      scaleOfArrows();
    }
  }

  // One part of an update: 1 noise, 2 fakes, 3 and 5 D judges, 4 D moves, 6 the gradient, 7 G moves.
  function ganPart({ number, real, gan }, before) {
    clear();
    if (number === 4 && before) changed(gan.field, before);
    else if (number > 2) judged(gan.field);
    if (number > 2) marks(real, "circle", BLUE, 2.6, { outline: true });
    if (number === 1) return marks(inPlane(gan), "cross", PURPLE, 3);
    const share = Math.max(1, Math.floor(gan.fakes.length / 120)); // about sixty arrows can be told apart
    marks(number === 7 ? gan.moved : gan.fakes, "triangle", VERMILLION, 4, { outline: true });
    if (number === 6) {
      arrows(gan.fakes, gan.pushes, { scale: REACH, every: share });
      scaleOfArrows();
    }
    if (number === 7) arrows(gan.fakes, gan.moved.map((x, i) => x - gan.fakes[i]), { every: 1 });
  }

  // Noise of two numbers lies in the plane; of one number on a line, and of more the first two are shown.
  function inPlane({ noise, latent }) {
    if (latent === 2) return noise;
    return Float32Array.from({ length: (2 * noise.length) / latent }, (_, i) => {
      const row = (i >> 1) * latent;
      return i & 1 ? (latent > 1 ? noise[row + 1] : 0) : noise[row];
    });
  }

  // How D's answer changed in one update; the darkest shade is 0.1.
  function changed(field, before) {
    judged(field.map((d, i) => Math.min(0.999, Math.max(0, 0.5 + 5 * (d - before[i])))));
  }

  const along = (stops, t) => {
    const way = t * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(way)), part = way - k;
    return stops[k].map((x, i) => x + part * (stops[k + 1][i] - x));
  };

  function flow({ real, stops, fields }, { t }) {
    clear();
    marks(real, "circle", BLUE, 2, { alpha: 0.7 });
    arrows(satgan.planeGrid(fields[0].length, EXTENT), fields[Math.round(t * (fields.length - 1))], { scale: 0.14, alpha: 0.45, width: 1 });
    const now = along(stops, t);
    pen.beginPath();
    for (let i = 0; i < now.length; i += 2) {
      pen.moveTo(right(stops[0][i]), down(stops[0][i + 1]));
      for (let k = 1; k <= t * (stops.length - 1); k++) pen.lineTo(right(stops[k][i]), down(stops[k][i + 1]));
      pen.lineTo(right(now[i]), down(now[i + 1]));
    }
    [pen.globalAlpha, pen.strokeStyle, pen.lineWidth] = [0.3, PURPLE, unit];
    pen.stroke();
    marks(now, "square", PURPLE, 2.4, { alpha: 0.95 });
  }

  // Points on their way, what the artist and the reader do to some of them, and a ring round each wished island.
  function pushed({ real, at, velocity, push, islands, wished }, { artist, reader }) {
    clear();
    marks(real, "circle", BLUE, 2, { alpha: 0.5 });
    [pen.strokeStyle, pen.lineWidth] = [BLUE, 2.5 * unit];
    islands.forEach(([x, y], k) => {
      if (!wished[k]) return;
      pen.beginPath();
      pen.arc(right(x), down(y), right(0.6) - right(0), 0, 2 * Math.PI);
      pen.stroke();
    });
    marks(at, "square", PURPLE, 2.4, { alpha: 0.95 });
    const EVERY = 4; // of the points has arrows, so that they can be told apart
    const short = (moves) => moves.map((_, i) => moves[i] * Math.min(1, 6 / Math.hypot(moves[i & ~1], moves[i | 1])));
    if (artist) arrows(at, short(velocity), { scale: 0.14, colour: PURPLE, every: EVERY });
    if (reader) arrows(at, short(push), { scale: 0.14, colour: VERMILLION, every: EVERY, width: 1.75 });
  }

  // 1 noise and times, 2 points on the way and where they are bound, 3 the network's guess, 4 the same after its move.
  function flowPart({ number, real, flow }) {
    clear();
    marks(real, "circle", BLUE, 2.6, { outline: true });
    if (number === 1) return marks(flow.noise, "cross", PURPLE, 3);
    const few = Math.max(1, Math.floor(flow.way.length / 64));
    const some = (points) => points.filter((_, i) => (i >> 1) % few === 0);
    marks(flow.way, "square", PURPLE, 3, { outline: true });
    arrows(some(flow.way), some(flow.target), { scale: 0.3, alpha: 0.75 });
    if (number > 2) arrows(some(flow.way), some(flow.guess), { scale: 0.3, colour: PURPLE, width: 2 });
  }

  // ---- The reader's drawing
  function dots(centres, cursor) {
    marks(Float32Array.from(centres.flat()), "circle", BLUE, 4, { alpha: 0.35 });
    if (!cursor) return;
    const [x, y] = [right(cursor.at[0]), down(cursor.at[1])];
    [pen.strokeStyle, pen.lineWidth] = [ink, 2 * unit];
    pen.beginPath();
    pen.arc(x, y, (cursor.down ? 5 : 9) * unit, 0, 2 * Math.PI);
    pen.moveTo(x - 14 * unit, y);
    pen.lineTo(x + 14 * unit, y);
    pen.moveTo(x, y - 14 * unit);
    pen.lineTo(x, y + 14 * unit);
    pen.stroke();
  }
  function inThePlane(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 - 1, y = 1 - ((event.clientY - box.top) / box.height) * 2;
    return [EXTENT * x, EXTENT * y];
  }

  return { clear, gan, ganPart, flow, flowPart, pushed, along, dots, inThePlane };
};

// The middles of small squares that cover the window, row by row from below: `numbers` of them, two for each.
satgan.planeGrid = (numbers, extent) => {
  const side = Math.sqrt(numbers / 2);
  return Float32Array.from({ length: numbers }, (_, i) => {
    const k = i & 1 ? Math.floor((i >> 1) / side) : (i >> 1) % side;
    return extent * ((2 * k + 1) / side - 1);
  });
};
