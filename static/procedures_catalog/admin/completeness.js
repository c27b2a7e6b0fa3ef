// What the record still lacks, said while it is being written: the form is sent to the same linter that stands before publishing.
(() => {
  "use strict";
  const WAIT = 1200;

  function goTo(id) {
    const target = document.getElementById(id);
    if (!target) return;
    const panel = target.closest('[role="tabpanel"]');
    if (panel && panel.hidden) {
      const tab = document.querySelector(`[role="tab"][href="#${panel.id}"], [role="tab"][aria-controls="${panel.id}"]`);
      if (tab) tab.click();
    }
    const section = target.type === "hidden" ? target.closest("section") || target.parentElement : target;
    const field = target.type === "hidden" ? section.querySelector("input:not([type=hidden]), textarea, select, button") : target;
    // The tab shows its panel a moment after the click, and what is hidden takes no focus.
    const arrive = (tries) => {
      if (panel && panel.hidden && tries > 0) return window.requestAnimationFrame(() => arrive(tries - 1));
      section.scrollIntoView({ block: "center" });
      if (field) field.focus({ preventScroll: true });
      return undefined;
    };
    arrive(60);
  }

  function watch(box) {
    const form = box.closest("form");
    if (!form) return;
    let timer = 0;
    let running = null;
    const check = async () => {
      if (running) running.abort();
      running = new AbortController();
      try {
        const answer = await fetch(box.dataset.catalogueCheck, {
          method: "POST",
          body: new FormData(form),
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal: running.signal,
        });
        if (answer.ok) box.innerHTML = await answer.text();
      } catch (error) {
        // Without a connection the last answer stays; saving checks again.
        if (error.name !== "AbortError") box.dataset.catalogueStale = "true";
      }
    };
    const later = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(check, WAIT);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-catalogue-place]");
    if (!link) return;
    event.preventDefault();
    goTo(link.dataset.cataloguePlace);
  });
  // The script is deferred: the document is there.
  document.querySelectorAll("[data-catalogue-check]").forEach(watch);
})();
