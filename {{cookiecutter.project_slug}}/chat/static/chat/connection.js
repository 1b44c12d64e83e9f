// The WebSocket: it is tried for ever, what was pressed waits for it, and a longer lack is told.
"use strict";

(() => {
  const SHORT = 3000; // milliseconds: nobody need know of a break that ends within them
  const LONG = 8000; // milliseconds: longer than any server thinks about a prompt
  const PENDING = "data-djust-form-pending"; // djust's mark, until the server answers the prompt
  const form = document.querySelector("form.prompt");
  const log = document.getElementById("log");
  const notice = document.querySelector("[data-notice=offline]");
  // What to do once the view is there, or the prompt before is answered: only the last counts.
  let waiting;
  let sent;
  let timer;
  let silence;

  function isConnected() {
    return "followed" in log.dataset && window.djust.liveViewInstance.viewMounted;
  }

  // While the socket is open, the view is about to be mounted.
  function isSoon() {
    return notice.hidden || document.body.classList.contains("dj-connected");
  }

  function goOn() {
    const again = waiting;
    waiting = undefined;
    again?.();
  }

  function connected() {
    clearTimeout(timer);
    clearTimeout(silence);
    timer = undefined;
    notice.hidden = true;
    goOn();
  }

  function disconnected() {
    delete log.dataset.followed;
    if (!notice.hidden) longLost();
    timer ??= setTimeout(() => {
      notice.hidden = false;
      longLost();
    }, SHORT);
  }

  function longLost() {
    if (!isSoon()) waiting = undefined;
    leaveIfLoggedOut();
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

  // Until the view is mounted djust ignores its events, and a reply must not begin before the page
  // is there to watch it.
  function wait(event, again) {
    ignore(event);
    waiting = isSoon() ? again : undefined;
  }

  // A second press is meant for the same prompt, unless that was changed. Where the one before was
  // accepted, Send is disabled by then, and the changed one stays in its box.
  function waitForAnswer(event) {
    ignore(event);
    const isSame = form.elements.prompt.value === sent;
    waiting = isSame ? undefined : () => form.querySelector(".send").click();
  }
  new MutationObserver(() => {
    if (!form.hasAttribute(PENDING)) setTimeout(goOn);
  }).observe(form, { attributeFilter: [PENDING] });

  // A socket can be dead without a word: after a sleep, or in a tunnel.
  form.addEventListener("submit", () => {
    sent = form.elements.prompt.value;
    clearTimeout(silence);
    silence = setTimeout(() => (notice.hidden = false), LONG);
    window.djust.liveViewInstance.ws.addEventListener("message", () => {
      clearTimeout(silence);
      notice.hidden = true;
    }, { once: true });
  });

  // A prompt that waits has not been sent: Esc leaves it in its box.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) waiting = undefined;
  });
  const capture = { capture: true };
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    if (form.hasAttribute(PENDING)) waitForAnswer(event);
    else if (!isConnected()) wait(event, () => form.requestSubmit());
  }, capture);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[dj-click], .new");
    if (pressed && !isConnected()) wait(event, () => pressed.click());
  }, capture);

  if (!isConnected()) disconnected();
})();
