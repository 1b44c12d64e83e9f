// Copies whole blocks of replies that are selected by hand as Markdown and HTML. In the plain text
// that browsers make of them, lists, links and fences are lost. blocks.js loads this module.

const log = document.getElementById("log");
const markdown = await import(log.dataset.markdownScript);
const BLOCKS = "p, li, h1, h2, h3, h4, h5, h6, th, td, pre, .text";

// What a range and the content of an element have in common.
function common(range, element) {
  const part = document.createRange();
  part.selectNodeContents(element);
  if (part.comparePoint(range.startContainer, range.startOffset) === 0) {
    part.setStart(range.startContainer, range.startOffset);
  }
  if (part.comparePoint(range.endContainer, range.endOffset) === 0) {
    part.setEnd(range.endContainer, range.endOffset);
  }
  return part;
}

// The innermost blocks of the replies in which something is selected, unless one of them is
// selected in part.
function selectedBlocks(range, texts) {
  const touched = texts
    .flatMap((text) => [text, ...text.querySelectorAll(BLOCKS)])
    .filter((block) => !block.querySelector(BLOCKS) && range.intersectsNode(block))
    .map((block) => [block, common(range, block).toString().trim()])
    .filter(([, selected]) => selected);
  const isWhole = touched.every(([block, selected]) => selected === block.textContent.trim());
  return isWhole ? touched.map(([block]) => block) : [];
}

function isAll(block) {
  return block.closest(".text").textContent.trim() === block.textContent.trim();
}

// The selected part of a message, inside copies of the elements around it.
function cloned(range, text) {
  const part = common(range, text);
  let copy = part.cloneContents();
  let around = part.commonAncestorContainer;
  if (around.nodeType === Node.TEXT_NODE) around = around.parentElement;
  for (; around !== text; around = around.parentElement) {
    const outer = around.cloneNode(false);
    outer.append(copy);
    copy = outer;
  }
  const box = text.cloneNode(false);
  box.append(copy);
  return box;
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (event.target.closest?.("textarea, input") || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const texts = [...log.querySelectorAll(".text")].filter((text) => range.intersectsNode(text));
  const selected = selectedBlocks(range, texts);
  if (!selected.some((block) => block.closest("[data-role=assistant]"))) return;
  // A word or a line of code is copied as it is, even if it is all that its block contains.
  if (selected.length === 1 && !isAll(selected[0])) return;
  const copies = texts.map((text) => cloned(range, text));
  const sources = copies.map(markdown.of).filter(Boolean);
  event.clipboardData.setData("text/plain", sources.join("\n\n"));
  event.clipboardData.setData("text/html", copies.map(blocks.html).join("\n"));
  event.preventDefault();
});
