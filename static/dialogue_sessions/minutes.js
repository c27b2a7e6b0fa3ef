// What is being typed during a meeting outlives a closed tab: kept in this browser's tab session until it is saved. Without it, the form
// works as it does.
(() => {
  "use strict";
  for (const form of document.querySelectorAll("form[data-keep]")) {
    const name = `minutes:${form.dataset.keep}`;
    const fields = [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type));
    const refused = form.querySelector(".sessions-error");
    try {
      const kept = JSON.parse(sessionStorage.getItem(name) || "null");
      if (kept && !refused) {
        for (const field of fields) {
          if (!(field.name in kept)) continue;
          if (field.type === "checkbox") field.checked = kept[field.name];
          else if (!field.value) field.value = kept[field.name];
        }
      }
      form.addEventListener("input", () => {
        const now = Object.fromEntries(fields.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
        sessionStorage.setItem(name, JSON.stringify(now));
      });
      form.addEventListener("submit", () => sessionStorage.removeItem(name));
    } catch {
      return; // storage is switched off: nothing is kept
    }
  }
})();
