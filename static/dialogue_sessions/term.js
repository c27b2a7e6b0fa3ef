// A place that is kept for a while: say so three minutes before it ends, and when it has ended. Without it the page says the hour.
(() => {
  const box = document.querySelector("[data-until]");
  const told = box?.querySelector(".told");
  if (!told) return;
  const until = Date.parse(box.dataset.until);
  const say = (words) => { told.textContent = words; told.hidden = false; };
  const at = (moment, words) => { const wait = moment - Date.now(); if (wait > 0) setTimeout(() => say(words), wait); };
  at(until - 180000, box.dataset.soon);
  at(until, box.dataset.over);
})();
