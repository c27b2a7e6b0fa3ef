/* Suggestions under the search box: the editable combobox with a list of the ARIA Authoring Practices, options in labelled groups.
   Without this file the box is an ordinary form. Personal numbers (telephone, identity, dossier) are stopped here, before they
   reach an address. */
(() => {
  "use strict";
  const DELAY = 120;
  const PERSONAL = [
    /(?:\d{3}\.\d{2}\.\d{2}\.[a-y]\d{2}|[a-y]\d{2}(?:\.[0-9a-z]{1,5}){0,6})\s*[-–—−]\s*\d{6}\s*[-–—−]\s*\d{4,8}/i,
    /(?:^|[^\d.])(?:\+?84|0)(?:[\s.-]?\d){8,10}(?!\d)/,
    /(?:^|[^\d.])(?:\d{9}|\d{12})(?!\d)/,
  ];

  function element(name, attributes, ...inside) {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...inside);
    return made;
  }

  function attach(form) {
    const input = form.querySelector("input[type=search]");
    const url = form.dataset.suggest;
    if (!input || !url || form.dataset.ready) return;
    form.dataset.ready = "yes";
    const list = element("div", { id: `${input.id}-suggestions`, class: "suggestions", role: "listbox", "aria-label": form.dataset.label || "" });
    list.hidden = true;
    const status = element("p", { class: "skip", role: "status" });
    form.append(list, status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("autocomplete", "off");

    let timer = 0, request = null, active = -1, composing = false;

    const options = () => [...list.querySelectorAll("[role=option]")];
    const personal = (text) => PERSONAL.some((shape) => shape.test(text));
    // What may become such a number while it is typed; the codes of procedures (1.004873) begin with one digit and a dot.
    const begun = (text) => /^(?:\+?(?:\d[\s.-]*){4,}\S*|[a-y]\d\d\.\S*)$/i.test(text) && !/^[1-9]\.\d{1,6}(?:\.|$)/.test(text);

    function cancel() {
      clearTimeout(timer);
      if (request) request.abort();
      request = null;
    }
    function close() {
      list.hidden = true;
      mark(-1);
      input.setAttribute("aria-expanded", "false");
      status.textContent = "";
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
    function group(name, found, first) {
      const label = element("li", { id: `${list.id}-${name}`, class: "group", role: "presentation" }, form.dataset[name] || "");
      const made = found.map((one, at) => {
        const option = element("li", { id: `${list.id}-${first + at}`, role: "option", "aria-selected": "false" }, element("span", {}, one.title));
        option.dataset.url = one.url;
        if (one.matched) option.append(" ", element("small", {}, (form.dataset.matched || "{name}").replace("{name}", () => one.matched)));
        return option;
      });
      return element("ul", { role: "group", "aria-labelledby": label.id }, label, ...made);
    }
    function show(found) {
      const questions = found.filter((one) => one.kind === "question"), things = found.filter((one) => one.kind !== "question");
      list.replaceChildren(
        ...(things.length ? [group("things", things, 0)] : []), ...(questions.length ? [group("questions", questions, things.length)] : []),
      );
      mark(-1);
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      status.textContent = found.length ? (form.dataset.found || "").replace("{n}", String(found.length)) : form.dataset.none || "";
    }
    async function ask(then) {
      cancel();
      const text = input.value.trim();
      if (text.length < 2 || personal(text) || begun(text)) return close();
      const mine = new AbortController();
      request = mine;
      try {
        const answer = await fetch(`${url}?q=${encodeURIComponent(text)}`, { signal: mine.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) return request === mine && close();
        const found = (await answer.json()).suggestions;
        // Whoever went on typing, or went away, is not shown what came late.
        if (request !== mine || composing || input.value.trim() !== text || document.activeElement !== input) return;
        show(found);
        if (then && found.length) then();
      } catch (error) {
        // Suggestions are a help: when they cannot be had, the box is an ordinary one.
        if (error.name !== "AbortError" && request === mine) close();
      }
    }
    function soon() {
      cancel();
      timer = setTimeout(ask, DELAY);
    }
    const first = () => mark(0), last = () => mark(options().length - 1);
    const caret = (at) => { mark(-1); input.setSelectionRange(at, at); };

    // While an input method puts a word together, what stands in the box is half of one.
    input.addEventListener("compositionstart", () => { composing = true; cancel(); });
    input.addEventListener("compositionend", () => { composing = false; soon(); });
    input.addEventListener("input", (event) => {
      mark(-1);
      if (!composing && !event.isComposing) soon();
    });
    input.addEventListener("blur", () => { cancel(); close(); });
    input.addEventListener("keydown", (event) => {
      // 229: a key that the input method has taken for itself, in browsers that say so in no other way.
      if (composing || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
      const count = list.hidden ? 0 : options().length;
      switch (event.key) {
        case "Escape":
          cancel();
          if (count) close();
          else input.value = "";
          event.preventDefault();
          break;
        case "ArrowDown":
          event.preventDefault();
          if (event.altKey) { if (!count) ask(); }
          else if (!count) ask(first);
          else mark(active + 1 < count ? active + 1 : 0);
          break;
        case "ArrowUp":
          event.preventDefault();
          if (event.altKey) close();
          else if (!count) ask(last);
          else mark(active > 0 ? active - 1 : count - 1);
          break;
        case "Home":
          if (count && !event.shiftKey) { event.preventDefault(); caret(0); }
          break;
        case "End":
          if (count && !event.shiftKey) { event.preventDefault(); caret(input.value.length); }
          break;
        case "ArrowLeft":
        case "ArrowRight":
          mark(-1);
          break;
        case "Enter":
          cancel();
          if (count && active >= 0) { event.preventDefault(); location.href = options()[active].dataset.url; }
          else close();
          break;
        case "Tab":
          cancel();
          close();
          break;
        default:
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.href = option.dataset.url;
    });
    form.addEventListener("submit", (event) => {
      cancel();
      const notice = document.getElementById(`${input.id}-personal`);
      if (notice) notice.hidden = !personal(input.value);
      if (personal(input.value)) { event.preventDefault(); input.focus(); }
    });
  }

  document.querySelectorAll("form[data-suggest]").forEach(attach);
  // Below the results, on a phone, filters are opened by whoever wants them.
  if (window.matchMedia("(max-width: 59.99rem)").matches) {
    document.querySelectorAll("details[data-closed-on-phones]").forEach((details) => details.removeAttribute("open"));
  }
})();
