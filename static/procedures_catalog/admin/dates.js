// A date that the picker cannot read stays as typed, and the form says so: without this, Wagtail's picker writes today in its place.
(() => {
  "use strict";
  const picker = window.jQuery && window.jQuery.fn.datetimepicker;
  if (picker && picker.defaults) picker.defaults.validateOnBlur = false;
})();
