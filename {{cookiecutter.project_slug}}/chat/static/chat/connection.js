// The WebSocket: it is tried for ever, what was pressed waits for it, and a longer lack is told.
"use strict";

(() => {
  const SHORT = 3000; // milliseconds: nobody need know of a break that ends within them
  const LONG = 8000; // milliseconds: longer than any server thinks about a prompt
  const form = document.querySelector("form.prompt");
  const notice = document.querySelector("[data-notice=offline]");
  // What to do once the view is there: only the last counts.
  let waiting;
  let timer;
  let silence;

  function isConnected() {
    return Boolean(window.djust.liveViewInstance?.viewMounted);
  }

  function connected() {
    clearTimeout(timer);
    clearTimeout(silence);
    timer = undefined;
    notice.hidden = true;
    waiting?.();
    waiting = undefined;
  }

  function disconnected() {
    timer ??= setTimeout(() => {
      waiting = undefined;
      notice.hidden = false;
      leaveIfLoggedOut();
    }, SHORT);
  }

  // djust's client does not follow the server to the login; the draft is there afterwards.
  async function leaveIfLoggedOut() {
    const response = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
    if (response?.redirected) location.reload();
  }

  // djust would give up after ten attempts, and send events over HTTP, where nothing can stream.
  const forEver = { maxReconnectAttempts: Infinity, maxReconnectDelayMs: 5000 };
  Object.assign(window.djust.liveViewInstance, forEver);

  window.addEventListener("djust:push_event", ({ detail }) => {
    if (detail.event === "chat:connected") connected();
    if (detail.event === "chat:logged_out") location.reload();
  });
  new MutationObserver(() => {
    if (document.body.classList.contains("dj-disconnected")) disconnected();
  }).observe(document.body, { attributeFilter: ["class"] });

  function ignore(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // Until the view is mounted djust ignores its events.
  function wait(event, again) {
    ignore(event);
    // While the socket is open, the view is about to be mounted.
    const isSoon = notice.hidden || document.body.classList.contains("dj-connected");
    waiting = isSoon ? again : undefined;
  }

  // A socket can be dead without a word: after a sleep, or in a tunnel.
  form.addEventListener("submit", () => {
    clearTimeout(silence);
    silence = setTimeout(() => (notice.hidden = false), LONG);
    window.djust.liveViewInstance.ws.addEventListener("message", () => {
      clearTimeout(silence);
      notice.hidden = true;
    }, { once: true });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) waiting = undefined;
  });
  const capture = { capture: true };
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    // djust's mark: the prompt is on its way, and a second press was meant for the same.
    if (form.hasAttribute("data-djust-form-pending")) ignore(event);
    else if (!isConnected()) wait(event, () => form.requestSubmit());
  }, capture);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[dj-click], .new");
    if (pressed && !isConnected()) wait(event, () => pressed.click());
  }, capture);

  if (!isConnected()) disconnected();
})();
