// Versions of a reply: Regenerate, Edit, and the buttons that page between them.
"use strict";

(() => {
  const log = document.getElementById("log");
  const prompt = document.getElementById("prompt");

  function turnOf(element) {
    return Number(element.closest("[data-turn]").dataset.turn);
  }

  // Only who edits a prompt loads the editor.
  function loadEditor() {
    return import(document.getElementById("editor").dataset.script);
  }

  // Paging rests while a reply streams, as the server would refuse it.
  function updatePagers() {
    const isStreaming = log.querySelector(".message[data-status=streaming]") !== null;
    for (const button of log.querySelectorAll(".versions button")) {
      button.disabled = isStreaming || button.dataset.version === "0";
    }
  }

  const actions = {
    async ".edit"(button) {
      const editor = await loadEditor();
      editor.edit(turnOf(button));
    },
    ".regenerate"(button, event) {
      djustClient.send("regenerate", { turn: turnOf(button) });
      // The button goes away while the reply streams. A click has the detail 0 if a key made it.
      if (event.detail === 0) prompt.focus();
    },
    ".versions button"(button) {
      const version = Number(button.dataset.version);
      djustClient.send("show_version", { turn: turnOf(button), version });
    },
  };

  log.addEventListener("click", (event) => {
    for (const [selector, action] of Object.entries(actions)) {
      const button = event.target.closest(selector);
      if (button) action(button, event);
    }
  });
  // The second click of a double click would be refused, as the first has begun a reply.
  log.addEventListener("click", (event) => {
    if (event.detail === 2 && event.target.closest(".save, .regenerate")) {
      event.stopImmediatePropagation();
    }
  }, { capture: true });
  // A press leaves the focus, and what is selected, where it was.
  log.addEventListener("mousedown", (event) => {
    if (event.target.closest(".icon")) event.preventDefault();
  });

  djustClient.onPush("chat:turns", updatePagers);
  djustClient.onPush("chat:end", updatePagers);

  updatePagers();
  // A reload has kept what was typed in an editor.
  if (Object.keys(sessionStorage).some((key) => key.startsWith("chat:draft:turn-"))) loadEditor();
})();
