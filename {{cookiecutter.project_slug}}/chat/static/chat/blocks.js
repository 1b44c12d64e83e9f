// Adds to messages: boxes in which code and tables scroll, and Copy buttons.
//
// log.js decorates the server's HTML before it compares it with the DOM, so that both sides have
// the same boxes.
"use strict";

const blocks = (() => {
  const COPIED_MS = 2000;
  const log = document.getElementById("log");
  const announcement = document.querySelector(".announcement");

  function copyButton(label) {
    const button = document.createElement("button");
    const properties = { type: "button", className: "copy", title: label, ariaLabel: label };
    return Object.assign(button, properties);
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
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: "Table" });
    }
    // Each block runs the way of its own text. A block in another has no direction of its own, unless
    // it is a list: an element with a direction does not count for the direction of what it is in.
    const top = root instanceof DocumentFragment ? root.children : [];
    for (const block of [...top, ...root.querySelectorAll(".text > *, ul, ol")]) {
      if (!block.matches(".turn, .code, hr")) block.dir = "auto";
    }
    for (const foot of root.querySelectorAll(".foot")) foot.prepend(copyButton("Copy"));
    return root;
  }

  // The HTML of a decorated element without its buttons.
  function html(element) {
    const copied = element.cloneNode(true);
    for (const button of copied.querySelectorAll("button")) button.remove();
    return copied.innerHTML;
  }

  // The Markdown that the model wrote. The page has only the HTML.
  async function source(article) {
    const response = await fetch(`${log.dataset.address}replies/${article.dataset.reply}/`);
    if (!response.ok) throw new Error(`the source of the reply: ${response.status}`);
    return response.text();
  }

  // Both formats, so that a reply that is pasted into a document keeps its formatting.
  function copyReply(article) {
    const texts = [...article.querySelectorAll(".text")].map(html).join("\n");
    return clipboard.write({ "text/plain": source(article), "text/html": texts });
  }

  // Without the last line end: pasted into a terminal, it would run the command.
  function code(pre) {
    return pre.textContent.replace(/\n$/, "");
  }

  async function copy(clicked) {
    const pre = clicked.parentElement.querySelector("pre");
    const article = clicked.closest("article");
    try {
      await (pre ? clipboard.write({ "text/plain": code(pre) }) : copyReply(article));
    } catch (error) {
      console.warn(error);
      getSelection().selectAllChildren(pre ?? article.querySelector(".text"));
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

  // Only who selects something loads what copies it as Markdown.
  document.addEventListener("selectionchange", () => {
    if (!getSelection().isCollapsed) import(log.dataset.selectionScript).catch(console.warn);
  });

  return { decorate, html };
})();
