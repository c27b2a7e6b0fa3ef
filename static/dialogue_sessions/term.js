// A place that is kept for a while: say so when fewer than three minutes are left, and when it has ended. Without it the page says the hour.
(() => {
  const box = document.querySelector("[data-until]");
  const told = box?.querySelector(".told");
  if (!told) return;
  const until = Date.parse(box.dataset.until);
  const soon = until - 180000;
  const look = () => {
    const now = Date.now();
    const words = now >= until ? box.dataset.over : now >= soon ? box.dataset.soon : "";
    if (!words || told.textContent === words) return;
    told.textContent = words;
    told.hidden = false;
  };
  for (const moment of [soon, until]) setTimeout(look, Math.max(0, moment - Date.now()));
  document.addEventListener("visibilitychange", look); // a phone that slept has stopped the timers
  look(); // who comes late, or on a slow line, hears it at once
})();
