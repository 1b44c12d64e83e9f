// Keeps the WebSocket connected. What is pressed during a short break is done afterwards; a longer
// break is shown as an alert.
"use strict";

(() => {
  // Breaks that are shorter than this are not shown.
  const NOTICE_DELAY_MS = 3000;
  // Longer than the server ever takes to answer a prompt.
  const MAXIMUM_ANSWER_MS = 8000;
  const MAXIMUM_RECONNECT_DELAY_MS = 5000;
  const form = document.querySelector("form.prompt");
  const log = document.getElementById("log");
  const notice = document.querySelector("[data-notice=offline]");
  // The last press that could not be sent yet, to be done later.
  let deferred;
  let lastSubmitted;
  let noticeTimer;
  let answerTimer;

  // The view is mounted, and the log has asked for the conversation's events.
  function isReady() {
    return "followed" in log.dataset && djustClient.isMounted();
  }

  // The break is still short, or the socket is open and the view will be mounted soon.
  function isRecovering() {
    return notice.hidden || djustClient.isOpen();
  }

  function runDeferred() {
    const action = deferred;
    deferred = undefined;
    action?.();
  }

  function connected() {
    clearTimeout(noticeTimer);
    clearTimeout(answerTimer);
    noticeTimer = undefined;
    notice.hidden = true;
    runDeferred();
  }

  function disconnected() {
    delete log.dataset.followed;
    if (!notice.hidden) handleLongBreak();
    noticeTimer ??= setTimeout(() => {
      notice.hidden = false;
      handleLongBreak();
    }, NOTICE_DELAY_MS);
  }

  function handleLongBreak() {
    if (!isRecovering()) deferred = undefined;
    reloadIfLoggedOut();
  }

  // djust's client does not follow a redirect to the login page. The draft survives the reload.
  async function reloadIfLoggedOut() {
    const response = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
    if (response?.redirected) location.reload();
  }

  djustClient.reconnectForever(MAXIMUM_RECONNECT_DELAY_MS);
  djustClient.onPush("chat:connected", connected);
  djustClient.onPush("chat:logged_out", () => location.reload());
  djustClient.onDisconnected(disconnected);

  function cancel(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // djust drops events until the view is mounted, and a reply that starts before the log has asked
  // for events would not be shown.
  function deferUntilReady(event, action) {
    cancel(event);
    deferred = isRecovering() ? action : undefined;
  }

  // A second press with the same text is a double click or a key held down: drop it. If the first
  // prompt was accepted, Send is disabled by then, and an edited text stays in the box.
  function deferUntilAnswered(event) {
    cancel(event);
    const isSame = form.elements.prompt.value === lastSubmitted;
    deferred = isSame ? undefined : () => form.querySelector(".send").click();
  }
  djustClient.onAnswered(form, () => setTimeout(runDeferred));

  // The log shows an end, or another conversation, shortly before Send is enabled.
  function isBehindLog() {
    return isSendDisabled() && !log.querySelector("[data-status=streaming]");
  }

  function isSendDisabled() {
    return form.querySelector(".send").disabled;
  }

  function deferUntilEnabled(event) {
    cancel(event);
    deferred = () => form.requestSubmit();
  }
  new MutationObserver(() => {
    if (!isSendDisabled()) runDeferred();
  }).observe(form, { attributeFilter: ["disabled"], subtree: true });
  // Another reply has begun, or another conversation is shown: the text stays in its box.
  djustClient.onPush("chat:turns", () => (deferred = undefined));

  // A socket can be dead without a close event, after a sleep or in a tunnel: show the notice if
  // no message follows a prompt.
  form.addEventListener("submit", () => {
    lastSubmitted = form.elements.prompt.value;
    clearTimeout(answerTimer);
    answerTimer = setTimeout(() => (notice.hidden = false), MAXIMUM_ANSWER_MS);
    djustClient.onNextMessage(() => {
      clearTimeout(answerTimer);
      notice.hidden = true;
    });
  });

  // A deferred prompt has not been sent, so Esc cancels it and its text stays in the box.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) deferred = undefined;
  });
  // These listeners capture, so that they run before djust's.
  const capture = { capture: true };
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    if (djustClient.isPending(form)) deferUntilAnswered(event);
    else if (!isReady()) deferUntilReady(event, () => form.requestSubmit());
    else if (isBehindLog()) deferUntilEnabled(event);
  }, capture);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[dj-click], [data-needs-connection]");
    if (pressed && !isReady()) deferUntilReady(event, () => pressed.click());
  }, capture);

  if (!isReady()) disconnected();
})();
