// Adds to messages: boxes in which code and tables scroll, and Copy buttons.
//
// log.js decorates the server's HTML before it compares it with the DOM, so that both sides have
// the same boxes.
"use strict";

const blocks = (() => {
  const COPIED_MS = 2000;
  const announcement = document.querySelector(".announcement");

  function copyButton(label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.title = label;
    button.setAttribute("aria-label", label);
    return button;
  }

  // Replace `element` by a new box that contains it.
  function wrap(element, className) {
    const box = document.createElement("div");
    box.className = className;
    element.replaceWith(box);
    box.append(element);
    return box;
  }

  // tabIndex: a box must have the focus to be scrolled with the keyboard.
  function decorate(root) {
    for (const pre of root.querySelectorAll("pre")) {
      const box = wrap(pre, "code");
      box.dataset.language = pre.firstElementChild?.className.replace("language-", "") ?? "";
      box.prepend(copyButton("Copy code"));
      pre.tabIndex = 0;
    }
    for (const table of root.querySelectorAll("table")) {
      table.className = "table";
      const box = wrap(table, "scroll");
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Table");
    }
    for (const foot of root.querySelectorAll(".foot")) foot.prepend(copyButton("Copy reply"));
    return root;
  }

  // Copy as text and as HTML, so that a reply that is pasted into a document keeps its formatting.
  function copyReply(source) {
    const html = source.cloneNode(true);
    for (const copy of html.querySelectorAll(".copy")) copy.remove();
    const formats = { "text/plain": source.innerText, "text/html": html.innerHTML };
    const blobs = Object.entries(formats).map(([type, text]) => [type, new Blob([text], { type })]);
    return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  }

  async function copy(clicked) {
    const pre = clicked.parentElement.querySelector("pre");
    const source = pre ?? clicked.closest("article").querySelector(".text");
    try {
      await (pre ? navigator.clipboard.writeText(pre.textContent) : copyReply(source));
    } catch {
      // No permission, or plain HTTP from another host, where browsers have no clipboard API.
      getSelection().selectAllChildren(source);
      return "Selected. Copy it with your keyboard.";
    }
    clicked.dataset.copied = "";
    setTimeout(() => delete clicked.dataset.copied, COPIED_MS);
    return "Copied";
  }

  document.addEventListener("click", async (event) => {
    const clicked = event.target.closest(".copy");
    if (!clicked) return;
    announcement.textContent = await copy(clicked);
    setTimeout(() => (announcement.textContent = ""), COPIED_MS);
  });

  return { decorate };
})();
