/* The back office: a warning before the session ends, a way to stay, and nothing typed lost when it ended all the same. */
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const WARN = 180; // seconds before the end
  let box = null;
  let ended = false;

  const show = (text, label, act) => {
    if (!box) {
      box = document.createElement("div");
      box.id = "session-warning";
      box.className = "help-block help-warning";
      box.setAttribute("role", "alert");
      (document.querySelector("main") || document.body).prepend(box);
    }
    const line = document.createElement("p");
    line.textContent = text;
    const control = document.createElement(typeof act === "string" ? "a" : "button");
    control.className = "button button-small";
    control.textContent = label;
    if (typeof act === "string") {
      control.href = act;
      control.target = "_blank";
    } else {
      control.type = "button";
      control.addEventListener("click", act);
    }
    box.replaceChildren(line, control);
  };

  const hide = () => {
    if (box) box.remove();
    box = null;
  };

  // Signing in again changes the token: forms that waited here get the new one.
  const renew = (token) => {
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    const config = document.getElementById("wagtail-config");
    if (config) {
      const values = JSON.parse(config.textContent);
      values.CSRF_TOKEN = token;
      config.textContent = JSON.stringify(values);
      if (window.wagtailConfig) window.wagtailConfig.CSRF_TOKEN = token;
    }
  };

  const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value
    || JSON.parse(document.getElementById("wagtail-config")?.textContent || "{}").CSRF_TOKEN || "";

  const ask = async (method) => {
    const response = await fetch(words.state, {
      method, credentials: "same-origin", headers: method === "POST" ? { "X-CSRFToken": token() } : {},
    });
    return response.ok && !response.redirected ? response.json() : { seconds: 0, token: "" };
  };

  const look = async (method = "GET") => {
    let state;
    try {
      state = await ask(method);
    } catch (error) {
      setTimeout(look, 60000); // no network just now; nothing is known about the session
      return;
    }
    if (!state.seconds) {
      ended = true;
      show(words.ended, words.open, words.signIn);
      setTimeout(look, 15000);
      return;
    }
    if (ended) {
      ended = false;
      renew(state.token);
    }
    if (state.seconds <= WARN) {
      const minutes = Math.max(1, Math.ceil(state.seconds / 60));
      show(words.warning.replace("{minutes}", minutes), words.stay, () => look("POST"));
      setTimeout(look, Math.min(30, state.seconds) * 1000 + 1000);
    } else {
      hide();
      setTimeout(look, Math.min(state.seconds - WARN, 300) * 1000 + 1000);
    }
  };
  // A visitor of the pages before signing in has no session to lose.
  if (document.getElementById("wagtail-config")) look();
})();
