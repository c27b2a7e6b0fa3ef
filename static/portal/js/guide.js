/* Ticks on a guide, remembered in this browser only: nothing is sent, and without this script they last as long as the page. */
(() => {
  "use strict";
  const guide = document.querySelector("[data-guide]");
  const ticks = [...document.querySelectorAll("[data-tick]")];
  const told = document.querySelector("[data-ticks]");
  if (!guide || !told) return;
  const name = `huong-dan-${guide.dataset.guide}`;
  const memory = (() => {
    try {
      return window.localStorage;
    } catch {
      return null; // the browser keeps nothing
    }
  })();
  if (!memory) return;
  const kept = new Set((memory.getItem(name) || "").split(","));
  const keep = () => {
    const done = ticks.filter((tick) => tick.checked).map((tick) => tick.dataset.tick);
    if (done.length) memory.setItem(name, done.join(","));
    else memory.removeItem(name);
    told.hidden = !done.length;
  };
  for (const tick of ticks) {
    if (kept.has(tick.dataset.tick)) tick.checked = true;
    tick.addEventListener("change", keep);
  }
  document.querySelector("[data-untick]").addEventListener("click", () => {
    for (const tick of ticks) tick.checked = false;
    keep();
    ticks[0]?.focus();
  });
  keep();
})();
