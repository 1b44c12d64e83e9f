// Keys that lead to other conversations, and the dialog that names all keys.
"use strict";

(() => {
  const dialog = document.getElementById("keys");
  const TYPING = "input, textarea, select, dialog, [contenteditable]";

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

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (isCommand && event.key.toLowerCase() === "k") search();
    else if (event.altKey && event.key === "ArrowUp") move(-1);
    else if (event.altKey && event.key === "ArrowDown") move(1);
    else if (event.key === "?" && !document.activeElement.matches(TYPING)) dialog.showModal();
    else return;
    event.preventDefault();
  });
  document.querySelector(".show-keys").addEventListener("click", () => dialog.showModal());
})();
