// The next user of this browser must not see the drafts (prompt.js).
"use strict";

document.querySelector("header form").addEventListener("submit", () => {
  const drafts = Object.keys(sessionStorage).filter((key) => key.startsWith("chat:draft:"));
  for (const key of drafts) sessionStorage.removeItem(key);
});
