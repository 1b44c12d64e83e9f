// Tells what a reply has used, once it has ended (chat/page/usage.py).
"use strict";

djustClient.onPush("chat:end", ({ reply, usage: [text, attributes] }) => {
  const ended = document.querySelector(`[data-reply="${reply}"]`);
  ended.querySelector(".usage").textContent = text;
  for (const [name, value] of Object.entries(attributes)) ended.setAttribute(name, value);
});
