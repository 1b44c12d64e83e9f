// The prompt: its keys, its focus, its draft, and its way to the server.
"use strict";

(() => {
  const DRAFT = "chat:draft";
  const box = document.getElementById("prompt");
  const form = box.form;
  const most = Number(box.closest("main").dataset.maxPromptChars);
  let onItsWay; // the prompt that was sent last, until it is known to have arrived

  function changed() {
    sessionStorage.setItem(DRAFT, box.value);
    // While the box is measured the log must not grow into its place, and be scrolled by that.
    form.style.minHeight = `${form.offsetHeight}px`;
    box.style.height = "auto";
    const borders = box.offsetHeight - box.clientHeight;
    box.style.height = `${box.scrollHeight + borders}px`;
    form.style.minHeight = "";
  }

  // Nothing typed is lost by a reload.
  if (!box.value) box.value = sessionStorage.getItem(DRAFT) ?? "";
  changed();
  box.addEventListener("input", changed);

  box.addEventListener("keydown", (event) => {
    // 229: Safari ends a composition before it sends the Enter that ended it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!form.querySelector(".send").disabled) form.requestSubmit();
  });
  // Whoever logs in next is not shown the draft.
  const logOut = document.querySelector("header form");
  logOut?.addEventListener("submit", () => sessionStorage.removeItem(DRAFT));

  // Stop is disabled until the server knows of the prompt, or of Retry; Esc is meant for it even so.
  let isEscaped = false;
  let isRetried = false;
  function asked(byRetry) {
    isEscaped = false;
    isRetried = byRetry;
  }
  form.addEventListener("submit", () => asked(false));
  document.addEventListener("click", ({ target }) => {
    if (target.matches("[dj-click=retry]")) asked(true);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    isEscaped = true;
    form.querySelector(".stop").click();
  });

  // A button must not take the focus away; only a finger may leave the keyboard closed.
  const BUTTONS = ".controls button, .new";
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest(BUTTONS)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(BUTTONS) && event.pointerType !== "touch") box.focus();
  });
  // Stop takes the place of Send: the second click of a double one was not meant for it.
  document.addEventListener(
    "click",
    (event) => {
      if (event.detail === 2 && event.target.closest(".stop")) event.stopImmediatePropagation();
    },
    { capture: true },
  );
  // It is in the header, where djust looks for no dj-click.
  document.querySelector(".new").addEventListener("click", () => {
    window.djust.handleEvent("new_chat", {});
  });
  // The words of the built-in model.
  document.addEventListener("click", ({ target }) => {
    if (!target.matches(".word")) return;
    box.value = `${target.textContent} ${box.value}`;
    changed();
    box.focus();
  });

  // djust refuses large frames without a word. One character too many is enough for the answer;
  // the server counts an emoji as one, where a string of JavaScript holds two.
  form.addEventListener("formdata", ({ formData }) => {
    onItsWay = [...formData.get("prompt")].slice(0, most + 1).join("");
    formData.set("prompt", onItsWay);
  });
  // What tells that a prompt has arrived: the answer to it, or the log, where the answer was lost
  // with the connection.
  const tellers = {
    "chat:sent": ({ prompt }) => prompt,
    "chat:turns": () => [...document.querySelectorAll("[data-role=user] .text")].at(-1)?.textContent,
  };
  window.addEventListener("djust:push_event", ({ detail: { event, payload } }) => {
    if (event === "chat:turns" && isRetried) {
      isRetried = false;
      if (isEscaped) window.djust.handleEvent("stop", {});
    }
    const arrived = tellers[event]?.(payload);
    if (arrived === undefined || arrived !== onItsWay) return;
    onItsWay = undefined;
    if (isEscaped) window.djust.handleEvent("stop", {});
    // What was typed since it was sent stays.
    if (!box.value.startsWith(arrived)) return;
    box.setRangeText("", 0, arrived.length, "preserve");
    changed();
  });
})();
