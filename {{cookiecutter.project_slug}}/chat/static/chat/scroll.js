// The view follows the end of the log only while the reader is there.
"use strict";

(() => {
  const UPWARD_KEYS = ["ArrowUp", "PageUp", "Home"];
  // Pixels: the log may grow while the reader is on the way down to its end.
  const NEAR = 100;
  const scroller = document.querySelector(".scroller");
  const jump = document.querySelector(".jump");
  let follows = true;
  // Where the view was last: less is a move of the reader's, unless the log has become shorter.
  let top = 0;
  // A box that grows or shrinks moves the view too: that is no reader.
  let height = 0;
  let touchedAt = 0;

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

  function look() {
    const at = scroller.scrollTop;
    const isResized = scroller.clientHeight !== height;
    if (!isResized && at < Math.min(top, end()) - 1) setFollows(false);
    else if (end() < 1 || (at > top && at >= end() - NEAR)) setFollows(true);
    top = at;
    height = scroller.clientHeight;
  }

  function keepUp() {
    look();
    if (!follows || isEmpty()) return;
    scroller.scrollTop = end();
    top = scroller.scrollTop;
  }

  function showEnd() {
    // A move up of which the browser has not told yet came before this.
    top = scroller.scrollTop;
    setFollows(true);
    keepUp();
  }

  // What begins an upward move unpins at once: the next token would undo its first pixels.
  function unpin() {
    if (end() >= 1) setFollows(false);
  }
  const passive = { passive: true };
  scroller.addEventListener("wheel", (event) => {
    if (event.deltaY < 0 && !event.ctrlKey) unpin();
  }, passive);
  scroller.addEventListener("touchstart", ({ touches }) => (touchedAt = touches[0].clientY), passive);
  scroller.addEventListener("touchmove", ({ touches }) => {
    if (touches[0].clientY > touchedAt) unpin();
  }, passive);
  scroller.addEventListener("keydown", (event) => {
    if (UPWARD_KEYS.includes(event.key) || (event.key === " " && event.shiftKey)) unpin();
  });
  scroller.addEventListener("scroll", look, passive);

  scroller.addEventListener("chat:changed", () => {
    if (isEmpty()) scroller.scrollTop = 0;
    keepUp();
  });
  new ResizeObserver(keepUp).observe(scroller);
  window.addEventListener("djust:push_event", ({ detail }) => {
    if (detail.event === "chat:sent") showEnd();
  });
  jump.addEventListener("click", () => {
    showEnd();
    document.getElementById("prompt").focus();
  });
})();
