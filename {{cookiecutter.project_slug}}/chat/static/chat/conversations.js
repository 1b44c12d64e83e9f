// The list of conversations: opens one without leaving the page, and is a drawer on a phone.
"use strict";

(() => {
  const box = document.getElementById("prompt");
  const toggle = document.querySelector(".list-toggle");
  const root = document.documentElement;
  const site = document.querySelector("h1").textContent;

  // djust may replace the list, so look it up.
  const list = () => document.getElementById("conversations");
  const search = () => list().querySelector("[type=search]");
  djustClient.keep(search());

  function setOpen(isOpen) {
    root.toggleAttribute("data-list-open", isOpen);
    toggle.setAttribute("aria-expanded", isOpen);
  }

  // A tap must not raise the keyboard of a phone.
  const isTap = ({ detail }) => detail > 0 && matchMedia("(pointer: coarse)").matches;

  const isDrawer = () => toggle.offsetParent !== null;

  let isDeleting = false; // here: another tab shows Undo, too, and keeps its focus

  document.addEventListener("click", (event) => {
    if (event.target.closest("[dj-click=delete]")) isDeleting = true;
    if (event.target.closest(".list-toggle")) {
      setOpen(!root.hasAttribute("data-list-open"));
      if (!root.hasAttribute("data-list-open")) return;
      (isTap(event) ? list().querySelector("a[data-conversation]") : search())?.focus();
      return;
    }
    if (!event.target.closest("#conversations")) setOpen(false);
    const link = event.target.closest("a[data-conversation]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    // Without a connection the browser opens the address itself.
    if (!link || !isPlain || event.altKey || !djustClient.isMounted()) return;
    event.preventDefault();
    djustClient.send("open", { conversation: link.dataset.conversation });
    setOpen(false);
    if (!isTap(event)) box.focus();
  });

  // Back and Forward lead to another conversation. The address ends in its id.
  document.getElementById("log").addEventListener("chat:left", (event) => {
    const [, conversation] = location.pathname.match(/\/c\/([^/]+)\/$/) ?? [];
    if (!conversation || !djustClient.isMounted()) return;
    event.preventDefault();
    djustClient.send("open", { conversation });
  });

  document.addEventListener("focusin", ({ target }) => {
    // djust may replace Undo, which then has the focus again.
    if (!target.matches("[dj-click=undo]")) isDeleting = false;
    if (!list().contains(target) && target !== toggle) setOpen(false);
  });

  document.addEventListener("keydown", (event) => {
    const isEscape = event.key === "Escape" && !event.isComposing;
    const isDrawerOpen = isDrawer() && root.hasAttribute("data-list-open");
    if (!isEscape || !(isDrawerOpen || list().contains(event.target))) return;
    event.stopImmediatePropagation();
    const cancel = event.target.closest(".rename")?.querySelector("[dj-click=cancel_rename]");
    if (cancel) {
      cancel.click();
    } else if (event.target === search() && event.target.value) {
      // Firefox does not empty a search box by itself.
      event.target.value = "";
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      setOpen(false);
      (isDrawer() ? toggle : box).focus();
    }
  }, { capture: true });

  // Where the focus was is gone: it goes to what has come in its place.
  let rename;
  new MutationObserver(() => {
    const input = list()?.querySelector(".rename input");
    if (input && input !== rename) {
      input.focus();
      input.select();
    } else if (rename && !input && document.activeElement === document.body) {
      list().querySelector("[aria-current=page]")?.focus();
    }
    rename = input;
    const undo = list()?.querySelector("[dj-click=undo]");
    if (undo && isDeleting && document.activeElement === document.body) undo.focus();
    if (more && !more.isConnected) watchEnd();
    showTitle();
  }).observe(document.querySelector(".controls"), {
    attributeFilter: ["class", "data-title"],
    childList: true,
    subtree: true,
  });

  // The tab counts what has ended unseen.
  let hasEnded = false;
  function showTitle() {
    const unread = list().querySelectorAll(".unread").length + hasEnded;
    const { title } = list().dataset;
    document.title = (unread ? `(${unread}) ` : "") + (title ? `${title} - ${site}` : site);
  }
  djustClient.onPush("chat:end", () => {
    hasEnded = document.hidden;
    showTitle();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) hasEnded = false;
    showTitle();
  });

  // More is loaded as one scrolls.
  let more;
  const end = new IntersectionObserver((entries) => {
    const isSeen = entries.some(({ isIntersecting }) => isIntersecting);
    if (isSeen && djustClient.isMounted()) djustClient.send("show_more");
  });
  // djust may replace it.
  function watchEnd() {
    end.disconnect();
    more = list().querySelector(".more");
    end.observe(more);
  }
  djustClient.onPush("chat:connected", watchEnd);
})();
