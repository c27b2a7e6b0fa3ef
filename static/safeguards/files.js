// Several files chosen one after the other add up, each can be taken back, and what is too large is said before it is sent.
// Without this script the chooser works as the browser has it, and the server says the same.
(() => {
  "use strict";
  const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const enhance = (box) => {
    const input = box.querySelector("input[type=file]");
    if (!input || typeof DataTransfer === "undefined" || box.dataset.enhanced) return;
    box.dataset.enhanced = "yes";
    const said = box.dataset;
    const list = element("ul", { className: "small files-chosen" });
    const warning = element("p", { className: "wrong small", hidden: true });
    const live = element("div", {}, list, warning);
    live.setAttribute("aria-live", "polite");
    box.append(live);
    let chosen = [];

    const show = () => {
      const transfer = new DataTransfer();
      chosen.forEach((file) => transfer.items.add(file));
      input.files = transfer.files;
      const wrong = [];
      list.replaceChildren(
        ...chosen.map((file, place) => {
          const remove = element("button", { type: "button", className: "button quiet", textContent: said.sayRemove });
          remove.setAttribute("aria-label", `${said.sayRemove}: ${file.name}`);
          remove.addEventListener("click", () => {
            chosen.splice(place, 1);
            show();
            input.focus();
          });
          if (file.size > Number(said.fileBytes)) wrong.push(`${file.name} ${said.sayLarge}.`);
          return element("li", {}, `${file.name} (${size(file.size)}) `, remove);
        }),
      );
      const total = chosen.reduce((sum, file) => sum + file.size, Number(said.hadBytes));
      if (chosen.length + Number(said.had) > Number(said.most)) wrong.push(said.sayMany);
      if (total > Number(said.totalBytes)) wrong.push(said.sayMuch);
      warning.textContent = wrong.join(" ");
      warning.hidden = !wrong.length;
    };

    input.addEventListener("change", () => {
      const same = (one) => (other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
      chosen = [...chosen, ...[...input.files].filter((file) => !chosen.some(same(file)))];
      show();
    });
  };

  document.querySelectorAll("[data-files]").forEach(enhance);
})();
