// Writes to the clipboard.
"use strict";

const clipboard = (() => {
  // Answer the event of the command Copy. Needs no permission, but a recent press.
  function writeByCommand(texts) {
    const answer = (event) => {
      for (const [type, text] of texts) event.clipboardData.setData(type, text);
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    document.addEventListener("copy", answer, { capture: true });
    const isCopied = document.execCommand("copy");
    document.removeEventListener("copy", answer, { capture: true });
    if (!isCopied) throw new Error("The browser does not permit to copy.");
  }

  function item(entries) {
    const blob = async (type, text) => new Blob([await text], { type });
    const blobs = entries.map(([type, text]) => [type, blob(type, text)]);
    return new ClipboardItem(Object.fromEntries(blobs));
  }

  // `formats` maps MIME types to texts, or to promises of texts. Call it while a press is handled.
  // Rejects if the browser does not permit it, or if a promise rejects.
  async function write(formats) {
    const entries = Object.entries(formats);
    // Over plain HTTP, browsers have no clipboard API.
    const written = navigator.clipboard?.write([item(entries)]);
    const isWritten = await written?.then(() => true, () => false);
    if (isWritten) return;
    writeByCommand(await Promise.all(entries.map(async ([type, text]) => [type, await text])));
  }

  return { write };
})();
