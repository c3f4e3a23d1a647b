"use strict";

// Guided tasks: each sets the stage, says what to do, notices when it is done, and says what was seen.
//
//   const guide = satgan.guide(tasks, { start, say });    start(task) sets the stage, say(text) reads out
//   guide.look(seen);                                     whenever there is something new to see
//
// A task: {name, ask: what to do, done: from what is seen to a text, to {open: a text} on the way, or to null}, and, where the
// reader has to point at something, {pick: what the button for that says}; `seen.picked` is then true once.
satgan.guide = (tasks, { start, say }) => {
  const { make, button } = satgan;
  let current = null, latest = null;

  const text = make("p", { class: "satgan-ask" });
  const answer = make("p", { class: "satgan-answer", hidden: "" });
  const begin = button("Set the stage", () => restart(current));
  const pick = button("This one", () => look({ ...latest, picked: true }));
  const panel = make("div", { class: "satgan-task", hidden: "" }, text, make("div", { class: "satgan-row" }, begin, pick), answer);
  tasks.forEach((task, i) => {
    task.number = i + 1;
    task.button = button("", () => open(current === task ? null : task), { "aria-pressed": "false" });
    mark(task);
  });
  const row = make("div", { class: "satgan-row", role: "group", "aria-label": "Tasks" }, ...tasks.map((task) => task.button));
  const element = make("div", { class: "satgan-guide" }, make("p", { class: "satgan-title" }, "Tasks"), row, panel);

  function mark({ button, number, name, solved }) {
    button.textContent = `${solved ? "✓" : number} ${name}`;
    button.setAttribute("aria-label", `${number} ${name}${solved ? ", done" : ""}`);
  }

  function open(task) {
    current = task;
    for (const each of tasks) each.button.setAttribute("aria-pressed", each === task);
    panel.hidden = !task;
    if (!task) return;
    text.textContent = task.ask;
    pick.hidden = !task.pick;
    pick.textContent = task.pick ?? "This one";
    tell(task.solved);
  }

  function tell(words) {
    answer.hidden = !words;
    answer.textContent = words ?? "";
  }

  // Pressed again, a task is there to be done once more.
  function restart(task) {
    task.solved = null;
    mark(task);
    open(task);
    start(task);
  }

  function look(seen) {
    latest = seen;
    if (!current || current.solved) return;
    const words = current.done(seen);
    if (!words) return;
    if (words.open) { // on the way
      if (answer.textContent !== words.open) say(words.open);
      return tell(words.open);
    }
    current.solved = words;
    mark(current);
    tell(words);
    say(`Task ${current.number} is done. ${words}`);
  }

  return { element, look };
};
