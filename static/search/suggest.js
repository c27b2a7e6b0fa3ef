/* Suggestions under the search box: the ARIA combobox pattern with a list. Without this file the box is an ordinary form.
   Personal numbers (telephone, identity, dossier) are stopped here, before they reach an address. */
(() => {
  "use strict";
  const DELAY = 120;
  const PERSONAL = [
    /(?:\d{3}\.\d{2}\.\d{2}\.[a-y]\d{2}|[a-y]\d{2}(?:\.[0-9a-z]{1,5}){0,6})\s*[-–—−]\s*\d{6}\s*[-–—−]\s*\d{4,8}/i,
    /(?:^|[^\d.])(?:\+?84|0)(?:[\s.-]?\d){8,10}(?!\d)/,
    /(?:^|[^\d.])(?:\d{9}|\d{12})(?!\d)/,
  ];

  function attach(form) {
    const input = form.querySelector("input[type=search]");
    const url = form.dataset.suggest;
    if (!input || !url || form.dataset.ready) return;
    form.dataset.ready = "yes";
    const list = document.createElement("ul");
    list.id = `${input.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", form.dataset.label || "");
    list.hidden = true;
    const status = document.createElement("p");
    status.className = "skip";
    status.setAttribute("role", "status");
    form.append(list, status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("autocomplete", "off");

    let timer = 0, request = null, active = -1;

    const options = () => [...list.children];
    const personal = (text) => PERSONAL.some((shape) => shape.test(text));
    // What may become such a number while it is typed; the codes of procedures (1.004873) begin with one digit and a dot.
    const begun = (text) => /^(?:\+?(?:\d[\s.-]*){4,}\S*|[a-y]\d\d\.\S*)$/i.test(text) && !/^[1-9]\.\d{1,6}(?:\.|$)/.test(text);

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      active = index;
      options().forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
      if (active < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", options()[active].id);
        options()[active].scrollIntoView({ block: "nearest" });
      }
    }
    function show(found) {
      list.replaceChildren(...found.map((one, at) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${at}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.url = one.url;
        option.textContent = one.title;
        return option;
      }));
      active = -1;
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      input.removeAttribute("aria-activedescendant");
      status.textContent = found.length ? (form.dataset.found || "").replace("{n}", String(found.length)) : "";
    }
    async function ask() {
      const text = input.value.trim();
      if (request) request.abort();
      if (text.length < 2 || personal(text) || begun(text)) return close();
      request = new AbortController();
      try {
        const answer = await fetch(`${url}?q=${encodeURIComponent(text)}`, { signal: request.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) return close();
        const found = (await answer.json()).suggestions;
        if (input.value.trim() === text && document.activeElement === input) show(found);
      } catch (error) {
        // Suggestions are a help: when they cannot be had, the box is an ordinary one.
        if (error.name !== "AbortError") close();
      }
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, DELAY); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      const count = options().length;
      if (event.key === "Escape") { if (!list.hidden) { event.preventDefault(); close(); } return; }
      if (event.key === "ArrowDown" && list.hidden) { event.preventDefault(); ask(); return; }
      if (list.hidden || !count) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1 < count ? active + 1 : 0); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active > 0 ? active - 1 : count - 1); }
      else if (event.key === "Enter" && active >= 0) { event.preventDefault(); location.href = options()[active].dataset.url; }
      else if (event.key === "Tab") close();
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.href = option.dataset.url;
    });
    form.addEventListener("submit", (event) => {
      const notice = document.getElementById(`${input.id}-personal`);
      if (notice) notice.hidden = !personal(input.value);
      if (personal(input.value)) { event.preventDefault(); input.focus(); }
    });
  }

  document.querySelectorAll("form[data-suggest]").forEach(attach);
})();
