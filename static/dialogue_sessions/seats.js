/* Free seats on the page of a session: the page is kept for everybody, the seats change with every registration. Without a script
   there is a link to a page that tells them. */
(() => {
  "use strict";
  const card = document.querySelector("[data-seats]");
  if (!card) return;
  fetch(card.dataset.seats, { credentials: "omit", cache: "no-store" })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
    .then((text) => {
      const seats = new DOMParser().parseFromString(text, "text/html").getElementById("cho");
      if (seats) {
        seats.removeAttribute("id");
        card.replaceChildren(document.adoptNode(seats));
      }
    })
    .catch(() => {}); // the link stays
})();
