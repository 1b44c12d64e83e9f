// Shows the rows that `/live` sends: each event has those that have changed, oldest first.
"use strict";

const table = document.querySelector("table");
const body = table.tBodies[0];
const template = document.querySelector("template");
const latest = document.querySelector(".latest");
const lost = document.querySelector(".lost");

// The number of a request -> its row.
const shown = new Map();

function draw(row) {
  let line = shown.get(row.number);
  if (!line) {
    line = template.content.firstElementChild.cloneNode(true);
    shown.set(row.number, line);
    body.prepend(line);
  }
  line.dataset.state = row.state;
  set(line, ".number", `${row.number}.`);
  set(line, ".prompt", row.prompt);
  set(line, ".model", row.model);
  set(line, ".tokens", row.tokens);
  set(line, ".first-byte", row.first_byte);
  set(line, ".says", row.says);
  const progress = line.querySelector("progress");
  progress.max = row.planned || 1;
  progress.value = row.sent;
}

function set(line, selector, text) {
  const element = line.querySelector(selector);
  // A text that stays is not touched, so that a selection in it stays too.
  if (element.textContent !== String(text)) element.textContent = text;
}

function show({ oldest, rows }) {
  rows.forEach(draw);
  for (const [number, line] of shown) {
    if (number < oldest) {
      line.remove();
      shown.delete(number);
    }
  }
  table.hidden = shown.size === 0;
  document.querySelector(".empty").hidden = shown.size > 0;
  document.querySelector(".older").hidden = oldest === 1;
}

function tellLatest(rows) {
  const ended = rows.filter((row) => row.ended).at(-1);
  if (!ended) return;
  latest.textContent = `Request ${ended.number}: ${ended.says}`;
  latest.dataset.state = ended.state;
}

// The browser connects again by itself.
const live = new EventSource("/live");
live.addEventListener("error", () => {
  lost.hidden = false;
});
live.addEventListener("all", (event) => {
  // The model may have started again since, with an empty record.
  const { oldest, rows } = JSON.parse(event.data);
  shown.clear();
  body.replaceChildren();
  latest.textContent = "";
  lost.hidden = true;
  show({ oldest, rows });
});
live.addEventListener("some", (event) => {
  const data = JSON.parse(event.data);
  show(data);
  tellLatest(data.rows);
});
