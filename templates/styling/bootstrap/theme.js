// Bootstrap takes its colour mode from an attribute: let it follow the system's.
"use strict";

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function follow() {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  }

  follow();
  dark.addEventListener("change", follow);
})();
