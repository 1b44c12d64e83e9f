// Allow and Deny of a tool call that waits for the user.
"use strict";

document.getElementById("log").addEventListener("click", (event) => {
  const button = event.target.closest("[data-answer]");
  if (!button) return;
  djustClient.send(button.dataset.answer, { call: Number(button.dataset.call) });
  // The buttons go away with the answer. A click has the detail 0 if a key made it.
  if (event.detail === 0) document.getElementById("prompt").focus();
});
