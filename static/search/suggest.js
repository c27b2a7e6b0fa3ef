/* Suggestions under the search box: the editable combobox with a list of the ARIA Authoring Practices, options in labelled groups.
   Without this file the box is an ordinary form. Personal numbers (telephone, identity, dossier) are stopped here, before they
   reach an address. */
(() => {
  "use strict";
  const DELAY = 120;

  /* Numbers that are somebody's, judged as `search/numbers.py` does (`tests/search/numbers.json` tries both). No pattern looks behind:
     browsers that are a few years old do not know that, so each begins with what may stand before it. */
  const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
  const DOSSIERS = [
    /(?:\d{3}\.\d{2}\.\d{2}\.[a-y]\d{2}|[a-y]\d{2}(?:\.[0-9a-z]{1,5}){0,6})\s*[-–—−]\s*\d{6}\s*[-–—−]\s*\d{4,8}/iu,
    /(?:^|\P{L})[a-y]\d{2}(?:[\s./_–—−-]{1,3}\d{1,5}){0,6}[\s./_–—−-]{1,3}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[\s./_–—−-]{0,3}\d{4,8}(?!\d)/iu,
  ];
  const DAY = /(^|\D)(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\2(?:19|20)\d\d(?!\d(?!\d*\/))/gu;
  const DAY_IN_DATA = /(^|\D)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)/gu;
  const NOBODYS = [
    /(^|[^\d.])[1-9]\.\d{6}(?:\.\d{2,3}){0,3}(?:\.[a-z]\d{2})?(?!\d)/giu, DAY, DAY_IN_DATA,
    /(^|[^\d./,_-]|(?:^|\D)[./,_-])\d{1,5}\s?\/\s?(?:19|20)\d\d(?!\d|\s?[./,_–—−-]\s?\d)/gu,
  ];
  // What the codes of procedures and the numbers of documents look like while they are typed.
  const BEGUN_CODES = [
    /(^|[^\d.])[1-9][.,–-]\s?\d{1,6}(?:\.\d{0,3}){0,3}(?:\.?[a-z]\d{0,2})?(?!\d)/giu, DAY, DAY_IN_DATA,
    /(^|[^\d./,_-])(?:0\d|[1-9]\d{0,4})\s?\/\s?(?:(?:19|20)\d{0,2}|[12])(?!\d|\s?[./,_–—−-]\s?\d)/gu,
    /(^|[^\d./,_-])(?:0\d|[1-9]\d{0,4})[\s/–-]{1,3}(?:19|20)\d\d(?=[\s/–-]{1,3}\p{L})/gu,
  ];
  const BEGUN_DOSSIER = /(^|\P{L})[a-y]\d\d\.\S*$/iu;
  const RUN = /\d(?:[\s./,()_·‐‑–—−-]{0,3}\d)*/gu;
  const BEGUN_RUN = /[+(]*\d(?:[\s./,()_·‐‑–—−-]{0,3}\d)*[./,()_·‐‑–—−-]*/gu;
  const YEAR = /^(?:19|20)\d\d$/;
  const AMOUNT = /^\s?(?:(?:đồng|dong)(?!\s+(?:nai|th[áa]p|xo[àa]i|h[ớo]i))|đ|vnđ|vnd|usd|triệu|trieu|tỷ|tỉ|người|nguoi|m2|kg|tấn|[$€%])(?![\p{L}\p{N}_])/iu;
  const TELEPHONE = /^(?:(?:00)?84(?:0?[35789]\d{8}|0?2\d{8,9})|0[35789]\d{8}|02\d{8,9}|01[2689]\d{8})$/;
  const CITIZEN = /^0(?:0[1-9]|[1-8]\d|9[0-6])[0-3]\d{8}$/;
  const BY_LENGTH = /^(?:84\d{8,9}|0\d{9,10})$/;
  const MOST_DIGITS = 14;

  const level = (text) => text.normalize("NFKC").replace(INVISIBLE, "");
  const hide = (text, patterns) => patterns.reduce(
    (rest, pattern) => rest.replace(pattern, (match, before) => before + "x".repeat(match.length - before.length)), text,
  );

  function judged(text, groups, first, last) {
    const between = (at) => (at >= 0 && at < groups.length - 1 ? text.slice(groups[at][1], groups[at + 1][0]) : "");
    const parts = groups.slice(first, last + 1).map(([start, end]) => text.slice(start, end));
    const signs = parts.slice(1).map((_part, at) => between(first + at));
    const digits = parts.join(""), before = between(first - 1), after = between(last), sign = signs[0];
    const even = new Set(signs).size === 1, end = groups[last][1];
    if (signs.some((one) => one.length > 1 && one.includes(",")) && parts.every((part) => part.length < 3)) return false;
    if (even && [" ", ".", ","].includes(sign) && parts[0].length < 4 && parts[0][0] !== "0" && parts.slice(1).every((part) => part.length === 3)) {
      const longer = before === sign || (after === sign && groups[last + 1][1] - groups[last + 1][0] === 3);
      if (longer || parts[parts.length - 1] === "000" || AMOUNT.test(text.slice(end))) return false;
    }
    const years = parts.filter((part) => YEAR.test(part)).length;
    if (TELEPHONE.test(digits) || (years < 2 && CITIZEN.test(digits) && new Set(signs.map((one) => one.trim())).size < 2)) return true;
    if (years || signs.some((one) => one.length !== 1)) return false;
    if (BY_LENGTH.test(digits) && signs.every((one) => ". -\t\n".includes(one))) return true;
    if (digits.length !== 9 && digits.length !== 12) return false;
    if (!signs.length) return true;
    if (!even || parts.slice(1).every((part) => Number(part) > Number(parts[0]) && Number(part) < Number(parts[0]) + 20)) return false;
    if (parts.every((part) => part.length === 3)) return sign === " " || (parts.length === 3 && before !== sign && after !== sign);
    return sign === " " && before !== " " && after !== " ";
  }
  function personal(typed) {
    let text = level(typed);
    if (DOSSIERS.some((shape) => shape.test(text))) return true;
    text = hide(text, NOBODYS);
    return [...text.matchAll(RUN)].some((run) => {
      const groups = [...run[0].matchAll(/\d+/g)].map((group) => [run.index + group.index, run.index + group.index + group[0].length]);
      return groups.some((_group, first) => {
        let digits = 0;
        for (let last = first; last < groups.length; last += 1) {
          digits += groups[last][1] - groups[last][0];
          if (digits > MOST_DIGITS) return false;
          if (digits > 8 && judged(text, groups, first, last)) return true;
        }
        return false;
      });
    });
  }
  // What is asked for while somebody types: without four digits and more that may become such a number, wherever they stand.
  function askable(typed) {
    if (personal(typed)) return "";
    const text = level(typed).replace(BEGUN_DOSSIER, "$1"), hidden = hide(text, BEGUN_CODES);
    let asked = "", at = 0;
    for (const run of hidden.matchAll(BEGUN_RUN)) {
      const end = run.index + run[0].length, year = YEAR.test(run[0]) && hidden.slice(end).trim();
      if (run[0].replace(/\D/g, "").length < 4 || year) continue;
      asked += `${text.slice(at, run.index)} `;
      at = end;
    }
    return (asked + text.slice(at)).replace(/\s+/g, " ").trim();
  }

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
      const asked = askable(text);
      if (asked.length < 2) return close();
      const mine = new AbortController();
      request = mine;
      try {
        const answer = await fetch(`${url}?q=${encodeURIComponent(asked)}`, { signal: mine.signal, headers: { Accept: "application/json" } });
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
