/* Remembers, in this browser only, how somebody likes to read. The choice itself works by CSS, without this script. */
(() => {
  "use strict";
  const names = ["doc-co-chu", "doc-mau"];
  let memory = null;
  try {
    memory = window.localStorage;
  } catch {
    return; // the browser keeps nothing: the choice holds for this page
  }
  for (const name of names) {
    const kept = memory?.getItem(name);
    for (const choice of document.querySelectorAll(`input[name="${name}"]`)) {
      if (kept && choice.value === kept) choice.checked = true;
      choice.addEventListener("change", () => {
        if (choice.value) memory.setItem(name, choice.value);
        else memory.removeItem(name);
      });
    }
  }
})();
