// The editor of the last prompt. versions.js loads this module when it is first needed.

// What is typed is a draft of its turn. logout.js removes all drafts.
const DRAFT = "chat:draft:turn-";
const log = document.getElementById("log");
const prompt = document.getElementById("prompt");
const maximum = Number(prompt.closest("main").dataset.maxPromptChars);
const coarse = matchMedia("(pointer: coarse)");
// The editor that is open, the id of its turn, and what was last sent from it.
let editor;
let editedTurn;
let sent;

function userArticle(turn) {
  return document.querySelector(`#turn-${turn} [data-role=user]`);
}

export function edit(turn) {
  // Another conversation may be shown by now.
  if (!userArticle(turn)) return;
  const box = open(turn);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

function open(turn) {
  leave();
  editedTurn = turn;
  const article = userArticle(turn);
  editor = document.getElementById("editor").content.firstElementChild.cloneNode(true);
  article.append(editor);
  const box = editor.querySelector("textarea");
  djustClient.keepSelectionDirection(box);
  box.value = sessionStorage.getItem(DRAFT + turn) ?? article.querySelector(".text").textContent;
  box.addEventListener("input", () => sessionStorage.setItem(DRAFT + turn, box.value));
  return box;
}

// Take the editor off the page. A draft comes back with its turn.
function leave() {
  editor?.remove();
  editor = sent = undefined;
}

function close() {
  sessionStorage.removeItem(DRAFT + editedTurn);
  leave();
}

// Open the editor again that was open before a reload, or before another conversation was shown.
function restore() {
  const turn = Number(log.lastElementChild?.dataset.turn);
  const draft = sessionStorage.getItem(DRAFT + turn);
  if (draft === null) return;
  open(turn);
  // What is shown already was accepted, and its chat:sent was lost.
  if (draft === userArticle(turn).querySelector(".text").textContent) close();
}

function cancel() {
  const article = userArticle(editedTurn);
  close();
  article.querySelector(".edit").focus();
  // It is hidden if a reply streams, or if another turn has come.
  if (document.activeElement === document.body) prompt.focus();
}

// The server drops frames that are too large: see prompt.js.
function save() {
  sent = [...editor.querySelector("textarea").value].slice(0, maximum + 1).join("");
  djustClient.send("edit", { prompt: sent, turn: editedTurn });
}

// The editor stays open until the server has accepted what was sent: a refusal loses nothing.
function accepted(text) {
  if (sent === undefined || text !== sent) return;
  close();
  log.dispatchEvent(new Event("chat:confirmed", { bubbles: true }));
  // The editor had the focus, unless the reader has moved it. On a phone, focus would open the
  // keyboard over the reply.
  const hadFocus = document.activeElement === document.body && getSelection().isCollapsed;
  if (hadFocus && !coarse.matches) prompt.focus();
}

log.addEventListener("click", ({ target }) => {
  if (target.closest(".save")) save();
  if (target.closest(".cancel")) cancel();
});

// The keys of the prompt box (prompt.js). Esc stops nothing here.
log.addEventListener("keydown", (event) => {
  if (!editor?.contains(event.target) || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    cancel();
  }
  if (event.key !== "Enter" || !event.target.matches("textarea") || event.shiftKey) return;
  if (coarse.matches && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  if (!event.repeat) editor.querySelector(".save").click();
});

djustClient.onPush("chat:sent", ({ prompt: text }) => accepted(text));
djustClient.onPush("chat:turns", () => {
  const article = editor && userArticle(editedTurn);
  if (!article) {
    leave();
    restore();
    return;
  }
  // chat:sent is lost if the connection broke before it arrived.
  accepted(article.querySelector(".text").textContent);
  if (editor && !editor.isConnected) reopen(article);
});

// log.js makes a turn equal to the server's HTML, in which there is no editor.
function reopen(article) {
  article.append(editor);
  if (document.activeElement === document.body) editor.querySelector("textarea").focus();
}

restore();
