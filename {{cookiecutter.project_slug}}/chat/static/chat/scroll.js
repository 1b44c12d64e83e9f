// Keeps the end of the log in view, unless the reader has scrolled up.
"use strict";

(() => {
  const UPWARD_KEYS = ["ArrowUp", "PageUp", "Home"];
  // The log may grow while the reader scrolls down to its end: this close to it is enough.
  const NEAR_END_PX = 100;
  const scroller = document.querySelector(".scroller");
  const jump = document.querySelector(".jump");
  // A link to a message leads there, not to the end.
  let follows = !document.getElementById(location.hash.slice(1));
  // The last scroll position. A smaller one means that the reader has scrolled up, unless the log
  // has become shorter.
  let top = 0;
  // The last height of the view: a resize changes the scroll position too.
  let height = 0;
  let touchedAt = 0;

  jump.hidden = follows;

  function isEmpty() {
    return !scroller.querySelector(".turn");
  }

  function setFollows(value) {
    follows = value || isEmpty();
    jump.hidden = follows;
  }

  function end() {
    return scroller.scrollHeight - scroller.clientHeight;
  }

  function updateFollows() {
    const at = scroller.scrollTop;
    const isResized = scroller.clientHeight !== height;
    if (!isResized && at < Math.min(top, end()) - 1) setFollows(false);
    else if (end() < 1 || (at > top && at >= end() - NEAR_END_PX)) setFollows(true);
    top = at;
    height = scroller.clientHeight;
  }

  // Who writes in the log edits a prompt: a smaller window must not take the box away.
  function isWriting() {
    return scroller.querySelector("textarea:focus") !== null;
  }

  function keepAtEnd() {
    updateFollows();
    if (!follows || isEmpty() || isWriting()) return;
    scroller.scrollTop = end();
    top = scroller.scrollTop;
  }

  function showEnd() {
    // Ignore an earlier move up whose scroll event is still to come.
    top = scroller.scrollTop;
    setFollows(true);
    keepAtEnd();
  }

  // Stop following as soon as an upward move begins: the next token would scroll back its first
  // pixels.
  function unfollow() {
    if (end() >= 1) setFollows(false);
  }
  const passive = { passive: true };
  scroller.addEventListener("wheel", (event) => {
    if (event.deltaY < 0 && !event.ctrlKey) unfollow();
  }, passive);
  scroller.addEventListener("touchstart", ({ touches }) => (touchedAt = touches[0].clientY), passive);
  scroller.addEventListener("touchmove", ({ touches }) => {
    if (touches[0].clientY > touchedAt) unfollow();
  }, passive);
  scroller.addEventListener("keydown", (event) => {
    if (UPWARD_KEYS.includes(event.key) || (event.key === " " && event.shiftKey)) unfollow();
  });
  scroller.addEventListener("click", ({ target }) => {
    if (target.closest('a[href^="#"]')) unfollow();
  });
  scroller.addEventListener("scroll", updateFollows, passive);

  scroller.addEventListener("chat:changed", () => {
    if (isEmpty()) scroller.scrollTop = 0;
    keepAtEnd();
  });
  new ResizeObserver(keepAtEnd).observe(scroller);
  // Not on chat:sent: where the server is busy, that comes when the reader has scrolled up again.
  document.addEventListener("chat:confirmed", showEnd);
  jump.addEventListener("click", () => {
    showEnd();
    document.getElementById("prompt").focus();
  });
})();
