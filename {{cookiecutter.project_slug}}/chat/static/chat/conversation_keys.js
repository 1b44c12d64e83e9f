// Keys between conversations, and the dialog of all keys.
"use strict";

(() => {
  const dialog = document.getElementById("keys");
  const TYPING = "input, textarea, select, dialog, [contenteditable]";
  const STEPS = { ArrowUp: -1, ArrowDown: 1 };

  function search() {
    const toggle = document.querySelector(".list-toggle");
    if (toggle.offsetParent && toggle.getAttribute("aria-expanded") === "false") toggle.click();
    const box = document.querySelector("#conversations [type=search]");
    box.focus();
    box.select();
  }

  function move(step) {
    const links = [...document.querySelectorAll("#conversations a[data-conversation]")];
    // Not aria-current, which djust sets shortly after the log has changed.
    const shown = document.getElementById("log").dataset.conversation;
    const at = links.findIndex((link) => link.dataset.conversation === shown);
    const next = links[at < 0 ? 0 : at + step];
    next?.click();
    next?.scrollIntoView({ block: "nearest" });
  }

  // There, macOS moves the caret by paragraph.
  const TEXT = "textarea, select, input:not([type=search])";
  const keepsArrows = (box) => box.matches(TEXT) && box.value !== "";

  // Esc that closes it stops no reply.
  document.addEventListener("keydown", (event) => {
    if (dialog.open) event.stopImmediatePropagation();
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const isMove = event.altKey && event.key in STEPS && !keepsArrows(event.target);
    if (isCommand && event.key.toLowerCase() === "k") search();
    else if (isMove) move(STEPS[event.key]);
    else if (event.key === "?" && !document.activeElement.matches(TYPING)) dialog.showModal();
    else return;
    event.preventDefault();
  });
  document.querySelector(".show-keys").addEventListener("click", () => dialog.showModal());
})();
