// djust's browser client behind plain functions: no other script of ours uses a name of it.
//
// handleEvent, liveViewInstance, viewMounted, ws and maxReconnectAttempts are declared in djust.d.ts.
// The event djust:push_event, the classes of <body> and the mark of a pending form are in djust's
// documentation. maxReconnectDelayMs is private, and so is what dj-update does to whole HTML.
// test_djust_client.py in tests/page/ and tests/browser/ fails when djust changes one of them.
//
// This script may run before djust's: the functions look djust up when they are called.
"use strict";

const djustClient = (() => {
  const PENDING = "data-djust-form-pending";

  // djust always connects to /ws/live/ of the host. Behind a path prefix (CHAT_PATH_PREFIX) the
  // socket is elsewhere. The page opens no other one.
  const { socketPath } = document.querySelector("[data-socket-path]").dataset;
  window.WebSocket = class extends WebSocket {
    constructor(url, ...rest) {
      super(new URL(socketPath, url).href, ...rest);
    }
  };

  function transport() {
    return window.djust.liveViewInstance;
  }

  function isOpen() {
    return document.body.classList.contains("dj-connected");
  }

  // Whether the server has mounted the view. djust drops events that are sent earlier.
  function isMounted() {
    return transport().viewMounted;
  }

  // Whether the server has yet to answer this form's dj-submit.
  function isPending(form) {
    return form.hasAttribute(PENDING);
  }

  function send(event, params = {}) {
    window.djust.handleEvent(event, params);
  }

  // Call `handler(payload)` for each push event of this name. Push events are not kept: what
  // arrives before the handler is registered is lost.
  function onPush(name, handler) {
    window.addEventListener("djust:push_event", ({ detail }) => {
      if (detail.event === name) handler(detail.payload);
    });
  }

  // Call `handler()` when the connection is lost, and after each failed attempt to reconnect: djust
  // then sets the class again, and observers are notified even if it was there.
  function onDisconnected(handler) {
    new MutationObserver(() => {
      if (document.body.classList.contains("dj-disconnected")) handler();
    }).observe(document.body, { attributeFilter: ["class"] });
  }

  function onAnswered(form, handler) {
    new MutationObserver(() => {
      if (!isPending(form)) handler();
    }).observe(form, { attributeFilter: [PENDING] });
  }

  function onNextMessage(handler) {
    transport().ws.addEventListener("message", handler, { once: true });
  }

  // What is in this element is the page's: djust leaves it alone. In the template the attribute would
  // break each update that djust sends as whole HTML, as it does instead of over 100 patches.
  function keep(element) {
    element.setAttribute("dj-update", "ignore");
  }

  // djust selects again what was selected in the box that has the focus, after each update, and
  // forgets in which direction. A call that changes nothing is left out.
  function keepSelectionDirection(box) {
    box.setSelectionRange = (start, end, direction) => {
      if (!direction && start === box.selectionStart && end === box.selectionEnd) return;
      HTMLTextAreaElement.prototype.setSelectionRange.call(box, start, end, direction);
    };
  }

  // By default djust gives up after ten attempts and sends events over HTTP, which cannot stream.
  function reconnectForever(maximumDelayMs) {
    transport().maxReconnectAttempts = Infinity;
    transport().maxReconnectDelayMs = maximumDelayMs;
  }

  return {
    isOpen, isMounted, isPending, send, onPush, onDisconnected, onAnswered, onNextMessage,
    keep, keepSelectionDirection, reconnectForever,
  };
})();
