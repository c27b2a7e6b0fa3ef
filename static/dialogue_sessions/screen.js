/* The projector's view: the time that is left, each second, and the page's new state, asked for now and then. Without this file the
   page asks for itself anew; when the network fails, what is shown stays and the clock goes on. */
(() => {
  "use strict";
  const clock = (milliseconds) => {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };
  let main = document.querySelector("[data-screen]");
  if (!main || "stopped" in main.dataset) return;
  // The computer in the hall may have a wrong clock: times are counted from the server's.
  let ahead = Date.now() - Number(main.dataset.now);
  const DAY = 86_400_000;

  const tick = () => {
    for (const shown of main.querySelectorAll("[data-until]")) {
      const left = Number(shown.dataset.until) - (Date.now() - ahead);
      const words = left > 0 ? shown.dataset.left : shown.dataset.over;
      if (words && Math.abs(left) < DAY) shown.textContent = words.replace("{time}", clock(left));
      shown.classList.toggle("late", left <= 0);
    }
  };
  const ask = async () => {
    try {
      const response = await fetch(window.location.href, { cache: "no-store" });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-screen]");
      if (!fresh) return;
      ahead = Date.now() - Number(fresh.dataset.now);
      const focused = main.contains(document.activeElement) && document.activeElement.matches(".screen-foot a");
      main.replaceWith(fresh);
      main = fresh;
      if (focused) main.querySelector(".screen-foot a").focus();
      tick();
    } catch {
      // No network: what stands there is as of the time at the foot of the page.
    }
  };
  tick();
  window.setInterval(tick, 1000);
  window.setInterval(ask, Number(main.dataset.every) * 500);
})();
