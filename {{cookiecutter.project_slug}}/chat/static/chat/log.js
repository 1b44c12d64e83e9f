// The log: applies the push events of the server's feed (chat/page/feed.py).
//
// The server renders and sanitizes a reply's HTML. Its last part may still change: it arrives as
// edits [drop, html, settled] of that part. Only DOM nodes that differ are replaced.
"use strict";

(() => {
  const log = document.getElementById("log");
  // For each reply's element: the HTML that may still change, and the index of its first node.
  let unsettled = new WeakMap();

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return blocks.decorate(template.content);
  }

  function isSameTag(one, other) {
    return (
      one.nodeType === Node.ELEMENT_NODE &&
      one.nodeName === other.nodeName &&
      one.cloneNode(false).isEqualNode(other.cloneNode(false))
    );
  }

  // Make the children of `parent`, from index `from` on, equal to the children of `fresh`.
  function patch(parent, from, fresh) {
    let old = parent.childNodes[from];
    for (const next of [...fresh.childNodes]) {
      if (!old) {
        parent.append(next);
        continue;
      }
      const following = old.nextSibling;
      if (old.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) {
        if (next.data.startsWith(old.data)) old.appendData(next.data.slice(old.data.length));
        else old.data = next.data;
      } else if (!old.isEqualNode(next)) {
        if (isSameTag(old, next)) patch(old, 0, next);
        else old.replaceWith(next);
      }
      old = following;
    }
    while (old) {
      const following = old.nextSibling;
      old.remove();
      old = following;
    }
  }

  function edit(element, edits) {
    const end = unsettled.get(element) ?? { html: "", from: 0 };
    for (const [drop, html, settled] of edits) {
      end.html = end.html.slice(0, end.html.length - drop) + html;
      patch(element, end.from, parse(end.html));
      if (settled) {
        end.html = "";
        end.from = element.childNodes.length;
      }
    }
    unsettled.set(element, end);
  }

  function article(reply) {
    return log.querySelector(`[data-reply="${reply}"]`);
  }

  // Put the conversation into the address: a reload of `/` would open the newest one.
  function keepAddress() {
    if (log.childElementCount) history.replaceState(null, "", log.dataset.address);
  }

  const handlers = {
    // The view is mounted: send what the page shows, and the server pushes the rest.
    "chat:connected"() {
      // A new feed sends the text of a streaming reply from its beginning.
      unsettled = new WeakMap();
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
      if (replaces && address !== log.dataset.address) history.pushState(null, "", address);
      Object.assign(log.dataset, { conversation, address });
      if (replaces) log.replaceChildren();
      for (const [turn, html] of turns) {
        const shown = document.getElementById(`turn-${turn}`);
        if (shown) shown.replaceWith(parse(html));
        else log.append(parse(html));
      }
      keepAddress();
    },
    "chat:text"({ reply, edits }) {
      const streaming = article(reply);
      streaming.querySelector(".waiting")?.remove();
      edit(streaming.querySelector(".text"), edits);
    },
    "chat:end"({ reply, status, mark, html }) {
      const ended = article(reply);
      ended.querySelector(".waiting")?.remove();
      if (html !== undefined) patch(ended.querySelector(".text"), 0, parse(html));
      ended.querySelector(".mark").textContent = mark;
      ended.dataset.status = status;
    },
  };

  blocks.decorate(log);
  keepAddress();
  window.addEventListener("popstate", (event) => {
    // djust's listener would mount a view for the new address, and must not run.
    event.stopImmediatePropagation();
    if (location.pathname !== log.dataset.address) location.reload();
  });
  for (const [event, handler] of Object.entries(handlers)) {
    djustClient.onPush(event, (payload) => {
      handler(payload);
      log.dispatchEvent(new Event("chat:changed", { bubbles: true }));
    });
  }
})();
