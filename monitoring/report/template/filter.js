"use strict";
const filter = document.getElementById("filter");
const [words, due] = filter.querySelectorAll("input");

function show() {
  const wanted = words.value.trim().toLowerCase();
  let shown = 0;
  let all = 0;
  for (const plant of document.querySelectorAll(".plant")) {
    const heading = plant.firstElementChild;
    const rows = [...plant.querySelectorAll("details")];
    const fitting = rows.filter((row) => {
      const text = `${heading.firstElementChild.textContent}/${row.firstElementChild.textContent}`;
      const all = `${text} ${heading.textContent}`.toLowerCase();
      row.hidden = !all.includes(wanted) || (due.checked && !("due" in row.dataset));
      return !row.hidden;
    });
    plant.hidden = fitting.length === 0;
    shown += fitting.length;
    all += rows.length;
  }
  filter.querySelector("output").textContent = shown === all ? "" : `${shown} of ${all} circuits`;
}

filter.addEventListener("input", show);
filter.hidden = false;
show();
