"use strict";

// "One step", a part of the explorer: a student that learned from a flow draws a ship in one pass, beside the generator of the
// GAN. Both are timed.
//
//   page.append(satgan.studentDraws({ source, student, load, numbers, latent, parts }).element);
//
// student: {megabytes, side, passes}, what is known before its network is there: how large it is, what it draws, and how many
// passes its teacher takes; load(): promises that the worker has the network; numbers(name, inputs): promises what a network
// gives, in the worker; latent: how many numbers the generator takes; parts: how the explorer makes its elements.
satgan.studentDraws = ({ source, student, load, numbers, latent, parts }) => {
  const { make, button } = satgan;
  const { chip, group, paint, largest } = parts;
  const { side, passes, megabytes } = student;

  const drawn = { student: chip({ width: side, height: side }), gan: chip() };
  const times = { student: make("output", {}, "…"), gan: make("output", {}, "…") };
  const names = { student: "the student", gan: "the GAN's generator" };
  const told = make("p", { class: "satgan-small", role: "status" });
  const seed = make("input", { type: "number", min: 0, max: largest, step: 1, value: 0, inputmode: "numeric", "aria-label": "Seed of the student's noise", onchange: () => draw(seed.value) });
  const code = make("code");
  const start = button("Draw both", () => draw(seed.value), { class: "satgan-new" });
  const figure = (name) => make("div", {}, drawn[name], make("p", { class: "satgan-small" }, `${names[name]}: `, times[name]));
  const element = group(
    "One step: a student of a flow",
    make("p", {}, `A third network learned where a flow's walk of ${passes} steps ends, for some thousand noises. It goes there in one. What it draws is as large as what that flow drew, ${side} × ${side} pixels. Beside it the generator of the GAN, which never took more than one.`),
    make("div", { class: "satgan-row" }, start, button("New noise", () => draw(Math.floor(Math.random() * 1e4))), make("label", {}, "Seed ", seed)),
    make("div", { class: "satgan-pair" }, figure("student"), figure("gan")),
    told,
    make("details", {}, make("summary", {}, "The Python that draws these two"), make("pre", { tabindex: 0 }, code)),
  );
  element.classList.add("satgan-student");

  const python = () =>
    [
      "from satgan_tutorial import models, plots, sampling, show",
      "",
      'for name in ("student", "book"):',
      `    image = sampling.sample(models.load(name, "${source}"), 1, seed=${seed.value})`,
      '    show(plots.sheet(image, width=2), alt=f"A ship that {name} drew in one pass.")',
    ].join("\n");

  let latest = 0;
  async function draw(to) {
    const mine = ++latest;
    seed.value = Math.round(Math.min(largest, Math.max(0, +to || 0)));
    code.textContent = python();
    told.textContent = `The student is loaded once, ${megabytes} MB.`;
    const failure = await load().then(() => null, (error) => error);
    if (mine !== latest) return;
    told.textContent = failure ? `The student is not here: ${failure.message}. Draw to try again.` : "";
    if (failure) return;
    const z = Float64Array.from(satganNoise(+seed.value, 3 * side * side));
    const ways = {
      student: async () => (await numbers("student", [z, [0]])).map((v, i) => Math.max(-1, Math.min(1, z[i] + v))),
      gan: () => numbers("book", [satganNoise(+seed.value, latent)]),
    };
    await ways.gan(); // the worker builds a network when it is first asked
    for (const [name, way] of Object.entries(ways)) {
      const begun = performance.now(), x = await way(), took = Math.round(performance.now() - begun);
      if (mine !== latest) return;
      paint(drawn[name], Uint8ClampedArray.from(x, (v) => (v + 1) * 127.5), `A ship, drawn in one pass by ${names[name]}`);
      times[name].textContent = `${took} ms`;
    }
    told.textContent = `Student ${times.student.textContent}, generator ${times.gan.textContent}.`;
    element.dataset.drawn = mine;
  }

  code.textContent = python();
  return { element };
};
