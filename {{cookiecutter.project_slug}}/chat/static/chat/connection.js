// The WebSocket: it is tried for ever, a prompt waits for it, and a longer lack of it is told.
"use strict";

(() => {
  const SHORT = 3000; // milliseconds: nobody need know of a break that ends within them
  const form = document.querySelector("form.prompt");
  const notice = document.querySelector("[data-notice=offline]");
  let isWaiting = false;
  let timer;

  function isConnected() {
    return Boolean(window.djust.liveViewInstance?.viewMounted);
  }

  function connected() {
    clearTimeout(timer);
    timer = undefined;
    notice.hidden = true;
    if (isWaiting) form.requestSubmit();
    isWaiting = false;
  }

  function disconnected() {
    timer ??= setTimeout(() => {
      isWaiting = false;
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
  });
  new MutationObserver(() => {
    if (document.body.classList.contains("dj-disconnected")) disconnected();
  }).observe(document.body, { attributeFilter: ["class"] });
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || isConnected()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      // While the socket is open, the view is about to be mounted.
      isWaiting = notice.hidden || document.body.classList.contains("dj-connected");
    },
    { capture: true },
  );
  document.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest("[dj-click], .new") || isConnected()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      notice.hidden = false;
    },
    { capture: true },
  );
  if (!isConnected()) disconnected();
})();
