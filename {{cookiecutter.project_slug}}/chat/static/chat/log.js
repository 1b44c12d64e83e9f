// The log: applies the push events of the server's feed (chat/page/feed.py).
//
// The server renders and sanitizes a reply's HTML. Its last part may still change: it arrives as
// edits [reply, drop, html, tail] of that part (chat/page/edits.py), or rarely of the whole reply.
// Only DOM nodes that differ are replaced.
"use strict";

(() => {
  const EVERYTHING = -1;
  const log = document.getElementById("log");
  // For each reply's element: the HTML that may still change, and the index of its first node.
  let unsettled;
  // The elements of reasoning that show all that this feed has sent.
  let followed;

  function forget() {
    unsettled = new WeakMap();
    followed = new WeakSet();
  }

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return blocks.decorate(template.content);
  }

  // Attributes that the reader changes: an open `details`, the sign that a button has copied.
  const READERS = ["open", "data-copied"];

  function patchAttributes(old, next) {
    for (const name of old.getAttributeNames()) {
      if (!next.hasAttribute(name) && !READERS.includes(name)) old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  // Replace only what differs, so that what is selected before it stays selected.
  function patchText(old, data) {
    const shown = old.data;
    let same = data.startsWith(shown) ? shown.length : 0;
    while (same < shown.length && shown[same] === data[same]) same++;
    old.replaceData(same, shown.length - same, data.slice(same));
  }

  // Make the children of `parent`, from index `from` on, equal to the children of `fresh`. Elements
  // stay as far as possible, and with them the focus and what is selected.
  function patch(parent, from, fresh) {
    let old = parent.childNodes[from];
    for (const next of [...fresh.childNodes]) {
      if (!old) {
        parent.append(next);
        continue;
      }
      const following = old.nextSibling;
      if (old.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) {
        patchText(old, next.data);
      } else if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== next.nodeName) {
        old.replaceWith(next);
      } else if (!old.isEqualNode(next)) {
        patchAttributes(old, next);
        patch(old, 0, next);
      }
      old = following;
    }
    while (old) {
      const following = old.nextSibling;
      old.remove();
      old = following;
    }
  }

  function change(element, drop, html, tail) {
    const end = unsettled.get(element) ?? { html: "", from: 0 };
    if (drop === EVERYTHING) Object.assign(end, { html: "", from: 0 });
    end.html = end.html.slice(0, end.html.length - Math.max(drop, 0)) + html;
    patch(element, end.from, parse(end.html));
    if (tail !== EVERYTHING) {
      end.html = end.html.slice(end.html.length - tail);
      end.from = element.childNodes.length - parse(end.html).childNodes.length;
    }
    unsettled.set(element, end);
  }

  // Reasoning is plain text, and only grows. Each line is an element of its own: the browser lays
  // out only the last one again.
  function append(element, text) {
    const fresh = new DocumentFragment();
    for (const [index, line] of text.split("\n").entries()) {
      if (index) fresh.append("\n");
      fresh.append(document.createElement("div"));
      fresh.lastChild.append(line);
    }
    if (followed.has(element)) {
      element.lastChild.append(...fresh.firstChild.childNodes);
      fresh.firstChild.remove();
      element.append(fresh);
    } else {
      patch(element, 0, fresh);
    }
    followed.add(element);
  }

  // The article of a reply that no longer waits for its first token.
  function begun(reply) {
    const article = log.querySelector(`[data-reply="${reply}"]`);
    article.querySelector(".waiting")?.remove();
    return article;
  }

  // Where a reply's reasoning is shown: in a closed box above its text.
  function reasoning(shown) {
    if (!shown.querySelector(".reasoning")) {
      const box = document.getElementById("reasoning").content.cloneNode(true);
      shown.querySelector(".text, .tool").before(box);
    }
    return shown.querySelector(".thoughts");
  }

  // Put the conversation into the address: a reload of `/` would open the newest one.
  function keepAddress() {
    if (!log.childElementCount || location.pathname === log.dataset.address) return;
    history.replaceState(null, "", log.dataset.address);
  }

  const handlers = {
    // The view is mounted: send what the page shows, and the server pushes the rest.
    "chat:connected"() {
      // A new feed sends the text of a streaming reply from its beginning.
      forget();
      const last = [...log.querySelectorAll("[data-reply]")].at(-1);
      djustClient.send("follow", {
        conversation: log.dataset.conversation,
        turn: Number(last?.closest("[data-turn]").dataset.turn ?? 0),
        reply: Number(last?.dataset.reply ?? 0),
        status: last?.dataset.status ?? "",
      });
      // connection.js sends no prompt before this: its reply would not be shown.
      log.dataset.followed = "";
    },
    "chat:turns"({ conversation, address, replaces, turns }) {
      // After New chat, Back leads to the conversation that was left.
      if (replaces && address !== location.pathname) history.pushState(null, "", address);
      Object.assign(log.dataset, { conversation, address });
      if (replaces) log.replaceChildren();
      // An element may now belong to another reply.
      forget();
      for (const [turn, html] of turns) {
        const shown = document.getElementById(`turn-${turn}`);
        const fresh = parse(html);
        // Where an element was removed, the blanks around it are two nodes.
        shown?.normalize();
        if (shown) patch(shown, 0, fresh.querySelector(".turn"));
        else log.append(fresh);
      }
      keepAddress();
    },
    "chat:reasoning"({ reply, text }) {
      append(reasoning(begun(reply)), text);
    },
    "chat:text"({ edit: [reply, ...edit] }) {
      // Only the text after the last tool call grows.
      change([...begun(reply).querySelectorAll(".text")].at(-1), ...edit);
    },
    "chat:end"({ reply, status, mark, cached = false }) {
      const ended = begun(reply);
      ended.querySelector(".mark").textContent = mark;
      ended.dataset.status = status;
      ended.toggleAttribute("data-cached", cached);
    },
  };

  blocks.decorate(log);
  keepAddress();
  window.addEventListener("popstate", (event) => {
    // djust's listener would mount a view for the new address, and must not run.
    event.stopImmediatePropagation();
    if (location.pathname === log.dataset.address) return;
    const left = new CustomEvent("chat:left", { cancelable: true });
    if (log.dispatchEvent(left)) location.reload();
  });
  for (const [event, handler] of Object.entries(handlers)) {
    djustClient.onPush(event, (payload) => {
      handler(payload);
      log.dispatchEvent(new Event("chat:changed", { bubbles: true }));
    });
  }
})();
