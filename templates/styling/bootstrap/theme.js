// Bootstrap takes its colour mode from an attribute: let it follow the system's. Paper is light.
"use strict";

(() => {
  const dark = matchMedia("screen and (prefers-color-scheme: dark)");

  function follow() {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  }

  follow();
  dark.addEventListener("change", follow);
})();
