/* At the door with a bad network. What is told is put into a queue in this browser (keys, numbers and times; no names), shown, and sent
   when there is a network; the server counts a key once. The camera reads tickets. Without this file the page is plain forms. */
(() => {
  "use strict";
  const door = document.querySelector("[data-door]");
  if (!door) return;
  const words = JSON.parse(document.getElementById("door-words").textContent);
  const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
  const part = (name) => door.querySelector(`[data-${name}]`);
  const offline = part("offline"), waiting = part("waiting"), told = part("told"), refused = part("refused");
  const EACH = 50, AGAIN = [3_000, 6_000, 15_000, 30_000, 60_000], LOOK = 30_000, ACTIVE = 600_000;

  // ── The queue ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const name = `door-${door.dataset.door}-${door.dataset.user}`;
  let memory = null;
  try {
    memory = window.localStorage;
    memory.setItem(`${name}-try`, "1");
    memory.removeItem(`${name}-try`);
  } catch {
    memory = null; // the browser keeps nothing
  }
  let unkept = [];
  const read = () => {
    if (!memory) return unkept;
    try {
      const kept = JSON.parse(memory.getItem(name) || "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  };
  // Other tabs of this browser share the queue: it is read anew before each change.
  const write = (queue) => {
    unkept = queue;
    if (!memory) return;
    if (queue.length) memory.setItem(name, JSON.stringify(queue));
    else memory.removeItem(name);
  };

  // ── What is seen ───────────────────────────────────────────────────────────────────────────────────────────────────
  const row = (number) => document.querySelector(`[data-list] > li[data-no="${CSS.escape(String(number))}"]`);
  const isHere = (line) => line.hasAttribute("data-here");
  const mark = (line, state) => {
    if (!line) return;
    let tag = line.querySelector("[data-state]");
    if (!tag) {
      tag = document.createElement("span");
      tag.dataset.state = "";
      line.querySelector(".day-do").prepend(tag);
    }
    tag.className = `tag ${state === "here" ? "early" : "wait"}`;
    tag.textContent = words[state];
    line.toggleAttribute("data-here", state === "here");
    line.toggleAttribute("data-queued", state === "waiting");
    for (const control of line.querySelectorAll("[data-present-no], select")) control.hidden = true;
  };
  const unmark = (line) => {
    if (!line) return;
    line.querySelector("[data-state]")?.remove();
    line.removeAttribute("data-queued");
    for (const control of line.querySelectorAll("[data-present-no], select")) control.hidden = false;
  };
  const tell = (text, wrong = false) => {
    told.hidden = !text;
    told.textContent = text;
    told.classList.toggle("late", wrong);
    if (stream) scan.scrollIntoView({ block: "nearest" });
  };
  const trouble = (text) => {
    offline.hidden = !text;
    if (offline.textContent !== text) offline.textContent = text;
  };
  const show = () => {
    const count = read().length;
    const before = waiting.dataset.count;
    if (String(count) === before) return;
    waiting.dataset.count = String(count);
    waiting.hidden = !count && before === undefined;
    waiting.classList.toggle("sent", !count);
    waiting.textContent = count ? say(count === 1 ? "one" : "many", { count }) : words.none;
  };
  const refuse = (one) => {
    const item = document.createElement("li");
    item.className = "notice late";
    const text = document.createElement("p");
    text.textContent = say("refused", { number: one.no || "?", said: one.said });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = refused.dataset.dismiss;
    button.addEventListener("click", () => {
      item.remove();
      keepRefused();
    });
    item.append(text, button);
    item.dataset.no = one.no || "?";
    item.dataset.said = one.said;
    refused.append(item);
    if (told.textContent === say("sending", { number: one.no })) tell(""); // the refusal is the answer
    keepRefused();
  };
  const keepRefused = () => {
    if (!memory) return;
    const rest = [...refused.children].map((item) => ({ no: item.dataset.no, said: item.dataset.said }));
    if (rest.length) memory.setItem(`${name}-refused`, JSON.stringify(rest));
    else memory.removeItem(`${name}-refused`);
  };

  // ── Telling ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // a page that is not served by HTTPS
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };
  const push = (item) => {
    write([...read(), { key: uuid(), at: Date.now(), ...item }]);
    show();
  };
  const present = (number, how, people) => {
    const line = row(number);
    if (line && (isHere(line) || line.hasAttribute("data-queued"))) {
      tell(say("already", { number }));
      return;
    }
    push({ no: String(number), how, ...(people ? { people } : {}) });
    mark(line, "waiting");
    tell(say(navigator.onLine ? "sending" : "held", { number }));
    send();
  };

  // ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────────
  let sending = false, failures = 0, timer = 0, lastTold = Date.now();
  const token = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const later = () => {
    clearTimeout(timer);
    timer = window.setTimeout(send, AGAIN[Math.min(failures, AGAIN.length - 1)]);
    failures += 1;
  };
  const post = async (items) => {
    const now = Date.now();
    const body = { items: items.map(({ at, ...item }) => ({ ...item, age: Math.max(0, (now - at) / 1000) })) };
    return fetch(door.dataset.send, {
      method: "POST", credentials: "same-origin", redirect: "manual", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest" },
    });
  };
  const numbers = (answer) => {
    for (const [key, value] of [["present", answer.present], ["expected", answer.expected], ["walk-ins", answer.walk_ins]]) {
      const shown = door.querySelector(`dd[data-${key}]`);
      if (shown) shown.textContent = value;
    }
    for (const number of answer.here) {
      const line = row(number);
      if (line && !isHere(line)) mark(line, "here");
    }
  };
  const take = (results) => {
    const done = new Set(results.map((one) => one.key));
    write(read().filter((item) => !done.has(item.key)));
    for (const one of results) {
      unmark(row(one.no)); // who is here is told after this
      if (one.outcome === "refused") refuse(one);
      else tell(one.said);
    }
    show();
  };
  async function send(look = false) {
    if (sending) return;
    const items = read().slice(0, EACH);
    if (!items.length && look !== true) return;
    sending = true;
    let more = false;
    try {
      const response = await post(items);
      if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
        trouble(words.signed_out);
        linkToSignIn();
      } else if (response.ok) {
        const answer = await response.json();
        failures = 0;
        trouble(navigator.onLine ? "" : words.offline);
        if (told.textContent === words.needs_network) tell("");
        take(answer.results);
        numbers(answer);
        more = read().length > 0;
        if (more && !answer.results.length) {
          more = false;
          later();
        }
      } else {
        trouble(words.trouble);
        later();
      }
    } catch {
      trouble(words.offline);
      if (read().length) later();
    } finally {
      sending = false;
    }
    if (more) send();
  }
  const linkToSignIn = () => {
    const link = document.createElement("a");
    link.href = door.dataset.signIn;
    link.target = "_blank";
    link.textContent = words.sign_in;
    offline.append(" ", link);
  };

  // ── The forms ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const form = part("number-form");
  const field = form.querySelector("input[name=number-number]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    lastTold = Date.now();
    const number = field.value.replace(/[#\s]/g, "").replace(/^0+(?=\d)/, "");
    field.focus();
    if (!/^\d{1,6}$/.test(number)) {
      tell(words.digits, true);
      return;
    }
    const line = row(number);
    if (!line && !navigator.onLine) {
      tell(say("unknown", { number }), true);
      return;
    }
    field.value = "";
    present(number, "number");
  });
  for (const list of document.querySelectorAll("[data-list]")) {
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-present-no]");
      if (!button) return;
      event.preventDefault();
      lastTold = Date.now();
      const people = button.closest("li").querySelector("select");
      const next = button.closest("li").nextElementSibling?.querySelector("[data-present-no]:not([hidden])");
      present(button.dataset.presentNo, "list", people ? Number(people.value) : 0);
      (next || field).focus({ preventScroll: true }); // the pressed button is gone
    });
  }

  // Everything else asks the portal. Without a network the browser would leave the page, which cannot be loaded again, for its own error.
  const needsNetwork = (event) => {
    if (navigator.onLine && (offline.hidden || offline.textContent !== words.offline)) return;
    event.preventDefault();
    tell(words.needs_network, true);
    told.scrollIntoView({ block: "nearest" });
    send(true); // the network may be back
  };
  for (const other of document.querySelectorAll("form")) if (other !== form) other.addEventListener("submit", needsNetwork);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && link.target !== "_blank" && !link.getAttribute("href").startsWith("#")) needsNetwork(event);
  });

  // ── The camera ─────────────────────────────────────────────────────────────────────────────────────────────────────
  const digest = async (text) => {
    if (!crypto.subtle) return "";
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const ticket = async (text) => {
    lastTold = Date.now();
    const found = /\/([A-Za-z0-9_-]{20,80})\/?(?:[?#].*)?$/.exec(text.trim());
    if (!found) {
      tell(words.no_ticket, true);
      return;
    }
    const hash = await digest(found[1]);
    const line = hash && document.querySelector(`[data-list] > li[data-ticket="${hash.slice(0, 24)}"]`);
    if (line) present(line.dataset.no, "ticket");
    else if (!navigator.onLine) tell(words.stranger, true);
    else await ask(found[1]);
  };
  // A ticket that is not on this list: of another session, cancelled, or confirmed since. The token itself is never kept here.
  const ask = async (text) => {
    try {
      const response = await post([{ key: uuid(), at: Date.now(), ticket: text, how: "ticket" }]);
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      for (const one of answer.results) {
        if (one.outcome === "refused") refuse(one);
        else tell(one.said);
      }
      numbers(answer);
    } catch {
      tell(words.stranger, true);
    }
  };
  const scan = part("scan"), video = scan.querySelector("video"), scanSaid = part("scan-said"), on = part("camera");
  let stream = null, looking = 0, last = "", lastAt = 0;
  const reader = async () => {
    if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      return async (canvas) => (await detector.detect(canvas))[0]?.rawValue || "";
    }
    if (!window.jsQR) await loaded(door.dataset.scanner);
    return async (canvas, context) => {
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      return window.jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data || "";
    };
  };
  const loaded = (address) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  const off = () => {
    clearTimeout(looking);
    for (const track of stream?.getTracks() || []) track.stop();
    stream = null;
    waiting.after(told);
    scan.hidden = true;
    on.setAttribute("aria-expanded", "false");
  };
  const start = async () => {
    try {
      const see = await reader();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
      video.srcObject = stream;
      scan.hidden = false;
      scanSaid.after(told); // what a ticket comes to is read beside the picture
      on.setAttribute("aria-expanded", "true");
      scanSaid.textContent = words.look;
      await video.play();
      scan.scrollIntoView({ block: "nearest" });
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d", { willReadFrequently: true });
      const step = async () => {
        if (!stream) return;
        const scale = Math.min(1, 720 / Math.max(video.videoWidth, video.videoHeight, 1));
        canvas.width = Math.round(video.videoWidth * scale);
        canvas.height = Math.round(video.videoHeight * scale);
        if (canvas.width && canvas.height) {
          context.drawImage(video, 0, 0, canvas.width, canvas.height);
          const text = await see(canvas, context).catch(() => "");
          // The same ticket stays before the camera for a while.
          if (text && (text !== last || Date.now() - lastAt > 5_000)) {
            last = text;
            lastAt = Date.now();
            navigator.vibrate?.(80);
            await ticket(text);
          }
        }
        looking = window.setTimeout(step, 200);
      };
      step();
    } catch {
      off();
      tell(words.no_camera);
    }
  };
  if (navigator.mediaDevices?.getUserMedia) {
    on.hidden = false;
    on.addEventListener("click", () => (stream ? off() : start()));
    part("camera-off").addEventListener("click", () => {
      off();
      on.focus();
    });
    // Should the network fail later, what reads codes is here already.
    if (!("BarcodeDetector" in window)) loaded(door.dataset.scanner).catch(() => {});
  }

  // ── The network ────────────────────────────────────────────────────────────────────────────────────────────────────
  window.addEventListener("online", () => {
    failures = 0;
    trouble("");
    send(true);
  });
  window.addEventListener("offline", () => trouble(words.offline));
  window.addEventListener("storage", (event) => {
    if (event.key === name) show();
  });
  window.addEventListener("beforeunload", (event) => {
    // Without a network the page could not be loaded again; what waits is kept either way.
    if (!navigator.onLine || (!memory && unkept.length)) event.preventDefault();
  });
  window.setInterval(() => {
    // Who else was told present, by others; nothing while nobody works here, so that the session may end.
    if (!document.hidden && navigator.onLine && Date.now() - lastTold < ACTIVE) send(true);
  }, LOOK);

  if (!memory) trouble(words.not_kept);
  if (!navigator.onLine) trouble(words.offline);
  for (const item of read()) if (item.no) mark(row(item.no), "waiting");
  try {
    for (const one of JSON.parse(memory?.getItem(`${name}-refused`) || "[]")) refuse(one);
  } catch {
    // what was not ours is left alone
  }
  if (read().length) {
    show();
    send();
  }
})();
