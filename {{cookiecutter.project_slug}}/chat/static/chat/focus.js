// Where the focus is: in the prompt box at the start, and then where the reader puts it.
"use strict";

(() => {
  const box = document.getElementById("prompt");
  djustClient.keepSelectionDirection(box);

  // The attribute `autofocus` would not do: djust focuses its element again after each update.
  if (document.activeElement === document.body && getSelection().isCollapsed) {
    box.focus({ preventScroll: true });
  }

  // A press of these buttons leaves the focus, and what is selected, where it was.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(".controls button, .new")) event.preventDefault();
  });

  // After these buttons, people type: focus the box. After a touch, focus would open the on-screen keyboard.
  document.addEventListener("click", (event) => {
    if (event.pointerType === "touch" || !getSelection().isCollapsed) return;
    if (event.target.closest(".send, .new")) box.focus();
  });

  // A button that is disabled or hidden loses the focus, and with it the keyboard's place. Chromium
  // takes it at once, or in its next frame (before 150); Firefox does not.
  const gone = ":is(:disabled, [hidden], [hidden] *)";
  let focused; // by the keyboard
  document.addEventListener("focusin", ({ target }) => {
    focused = target.matches(":focus-visible") ? target : null;
  });
  document.addEventListener("focusout", ({ target }) => {
    // The reader has left it, and not only for another window.
    if (document.hasFocus() && !target.matches(gone)) focused = null;
  });
  new MutationObserver(() => {
    if (!focused?.matches(gone)) return;
    (focused.closest("[role=group]")?.querySelector("button:enabled") ?? box).focus();
  }).observe(box.closest("main"), { attributeFilter: ["disabled", "hidden"], subtree: true });
})();
