// What the page adds to messages: boxes in which code and tables scroll, and buttons that copy.
//
// log.js dresses the server's HTML before it compares it with what is shown, so that both sides
// have the same boxes.
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

  // Put `element` into a new box, where the element is now.
  function wrap(element, className) {
    const box = document.createElement("div");
    box.className = className;
    element.replaceWith(box);
    box.append(element);
    return box;
  }

  // What scrolls can be focused, so that keys can scroll it.
  function dress(root) {
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

  // A reply keeps its formatting where it is pasted into a document.
  function clip(source) {
    const html = source.cloneNode(true);
    for (const copy of html.querySelectorAll(".copy")) copy.remove();
    const flavours = { "text/plain": source.innerText, "text/html": html.innerHTML };
    const blobs = Object.entries(flavours).map(([type, text]) => [type, new Blob([text], { type })]);
    return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  }

  async function copy(clicked) {
    const pre = clicked.parentElement.querySelector("pre");
    const source = pre ?? clicked.closest("article").querySelector(".text");
    try {
      await (pre ? navigator.clipboard.writeText(pre.textContent) : clip(source));
    } catch {
      // No permission, or plain HTTP from another machine, which has no clipboard at all.
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

  return { dress };
})();
