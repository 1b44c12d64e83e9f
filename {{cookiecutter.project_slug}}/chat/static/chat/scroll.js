// The view follows the end of the log only while the reader is there.
"use strict";

(() => {
  const scroller = document.querySelector(".scroller");
  const jump = document.querySelector(".jump");
  let follows = true;
  let top = 0;

  function isAtEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 8;
  }

  function showEnd() {
    scroller.scrollTop = scroller.scrollHeight;
  }

  function setFollows(value) {
    follows = value;
    jump.hidden = follows;
  }

  scroller.addEventListener(
    "scroll",
    () => {
      if (isAtEnd()) setFollows(true);
      else if (scroller.scrollTop < top) setFollows(false);
      top = scroller.scrollTop;
    },
    { passive: true },
  );
  scroller.addEventListener("chat:changed", () => {
    if (follows) showEnd();
  });
  window.addEventListener("djust:push_event", ({ detail }) => {
    if (detail.event === "chat:sent") setFollows(true);
  });
  new ResizeObserver(() => {
    if (follows) showEnd();
  }).observe(scroller);
  jump.addEventListener("click", () => {
    setFollows(true);
    showEnd();
    document.getElementById("prompt").focus();
  });
  showEnd();
})();
