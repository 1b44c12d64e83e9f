// Disables Retry for as long as the provider has asked clients to wait, and shows the seconds left.
"use strict";

(() => {
  const controls = document.querySelector(".controls");
  djustClient.keep(controls.querySelector(".countdown"));
  let timer;

  function start() {
    const retry = controls.querySelector("[data-retry-in]");
    const shown = controls.querySelector(".countdown");
    const end = Date.now() + Number(retry.dataset.retryIn) * 1000;

    function show() {
      const left = Math.ceil((end - Date.now()) / 1000);
      shown.textContent = left > 0 ? `${left} s` : "";
      if (left > 0) return;
      clearInterval(timer);
      retry.disabled = false;
    }

    clearInterval(timer);
    timer = setInterval(show, 250);
    show();
  }

  // djust sets the attribute when the server renders another time to wait.
  new MutationObserver(start).observe(controls, {
    attributeFilter: ["data-retry-in"],
    subtree: true,
  });
  start();
})();
