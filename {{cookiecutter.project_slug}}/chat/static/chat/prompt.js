// The prompt box: keys, draft, and what is sent from it.
"use strict";

(() => {
  const DRAFT = "chat:draft:";
  const log = document.getElementById("log");
  const box = document.getElementById("prompt");
  const form = box.form;
  const maximum = Number(box.closest("main").dataset.maxPromptChars);
  const coarse = matchMedia("(pointer: coarse)");
  djustClient.keep(box);
  let unconfirmed; // the prompt that was sent last, until the server has confirmed it

  // Each conversation has a draft of its own. A reload keeps it.
  function draft() {
    return DRAFT + log.dataset.conversation;
  }

  function changed() {
    if (box.value) sessionStorage.setItem(draft(), box.value);
    else sessionStorage.removeItem(draft());
    // Keep the form's height while the box is measured: otherwise the log would grow for a moment
    // and its scroll position would change.
    form.style.minHeight = `${form.offsetHeight}px`;
    box.style.height = "auto";
    const borders = box.offsetHeight - box.clientHeight;
    box.style.height = `${box.scrollHeight + borders}px`;
    form.style.minHeight = "";
  }

  if (!box.value) box.value = sessionStorage.getItem(draft()) ?? "";
  changed();
  box.addEventListener("input", changed);

  // 229: Safari ends a composition before it sends the key that ended it.
  const isComposed = (event) => event.isComposing || event.keyCode === 229;

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposed(event)) return;
    // On a phone, Enter is the only way to break the line.
    if (coarse.matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const isStreaming = log.querySelector("[data-status=streaming]") !== null;
    if (!isStreaming || !form.querySelector(".send").disabled) form.requestSubmit();
  });

  // Sent even while Stop is still disabled: the server handles events in order, so this one comes
  // after a prompt or a Retry that is on its way.
  document.addEventListener("keydown", (event) => {
    // A key that is held down stops once.
    if (event.key !== "Escape" || isComposed(event) || event.repeat) return;
    if (djustClient.isMounted()) djustClient.send("stop");
    else form.querySelector(".stop").click(); // waits for the connection
  });

  // Stop appears where Send was: ignore the second click of a double click on Send.
  document.addEventListener(
    "click",
    (event) => {
      if (event.detail === 2 && event.target.closest(".stop")) event.stopImmediatePropagation();
    },
    { capture: true },
  );
  // The button is in the header, outside the LiveView, where dj-click does nothing.
  document.querySelector(".new").addEventListener("click", () => djustClient.send("new_chat"));
  // The command words of the built-in model.
  document.addEventListener("click", ({ target }) => {
    if (!target.matches(".word")) return;
    box.value = `${target.textContent} ${box.value}`;
    changed();
    box.focus();
  });

  // The server drops frames that are too large and sends no answer. One character over the limit is
  // enough to be refused with a message. Count code points, as Python does: an emoji is one, but
  // two units of a JavaScript string.
  form.addEventListener("formdata", ({ formData }) => {
    unconfirmed = [...formData.get("prompt")].slice(0, maximum + 1).join("");
    formData.set("prompt", unconfirmed);
  });

  // Remove a confirmed prompt from the box; keep what was typed after it was sent.
  function confirmed(prompt) {
    if (prompt === undefined || prompt !== unconfirmed) return;
    unconfirmed = undefined;
    box.dispatchEvent(new Event("chat:confirmed", { bubbles: true }));
    if (!box.value.startsWith(prompt)) return;
    box.setRangeText("", 0, prompt.length, "preserve");
    changed();
  }

  djustClient.onPush("chat:sent", ({ prompt }) => confirmed(prompt));
  let shown = log.dataset.conversation;
  djustClient.onPush("chat:turns", ({ conversation }) => {
    if (conversation !== shown) {
      shown = conversation;
      box.value = sessionStorage.getItem(draft()) ?? "";
      changed();
    }
    // chat:sent is lost if the connection broke before it arrived: then the log has the prompt.
    confirmed([...document.querySelectorAll("[data-role=user] .text")].at(-1)?.textContent);
  });
})();
