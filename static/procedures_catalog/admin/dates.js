// The picker beside date fields. What it cannot read stays as typed, and the form says so: without this, it writes today in its
// place. It closes by Escape, and when the keyboard has gone on before it had opened: it would cover the next field.
(() => {
  "use strict";
  const $ = window.jQuery;
  const picker = $ && $.fn.datetimepicker;
  if (!picker || !picker.defaults) return;
  picker.defaults.validateOnBlur = false;
  const OPENS_AFTER = 250; // milliseconds
  const hide = (field) => {
    if ($(field).data("xdsoft_datetimepicker")) $(field).datetimepicker("hide");
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target instanceof HTMLInputElement) hide(event.target);
  });
  document.addEventListener("focusout", (event) => {
    const next = event.relatedTarget;
    if (!(event.target instanceof HTMLInputElement) || !next || next.closest(".xdsoft_datetimepicker")) return;
    window.setTimeout(() => {
      if (document.activeElement !== event.target) hide(event.target);
    }, OPENS_AFTER);
  });
})();
