// Markdown for HTML of the log. The source of a whole reply is the server's: see blocks.js.

const MARKS = { STRONG: "**", B: "**", EM: "*", I: "*", DEL: "~~", S: "~~" };
const IS_BLOCK = /^(P|H[1-6]|UL|OL|LI|PRE|BLOCKQUOTE|TABLE|HR|DIV|SECTION)$/;
const ALIGNED = { left: ":--", center: ":-:", right: "--:" };

// A run of `mark` that is longer than each one in the text.
function delimiter(text, mark, minimum) {
  const runs = text.match(new RegExp(`${mark}+`, "g")) ?? [];
  return mark.repeat(Math.max(minimum, ...runs.map((run) => run.length + 1)));
}

function link(node, text) {
  const address = node.getAttribute("href") ?? node.dataset.href ?? "";
  return address === text || address === `mailto:${text}` ? text : `[${text}](${address})`;
}

function content(node) {
  return [...node.childNodes].map(inline).join("");
}

function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  const name = node.nodeName;
  const text = content(node);
  if (name === "BR") return "\n";
  if (name === "INPUT") return node.hasAttribute("checked") ? "[x]" : "[ ]";
  if (name === "CODE") return [delimiter(text, "`", 1), text, delimiter(text, "`", 1)].join("");
  if (name === "A") return link(node, text);
  const mark = text.trim() ? (MARKS[name] ?? "") : "";
  return mark + text + mark;
}

function indented(text, first, next) {
  return first + text.replace(/\n(?=.)/g, `\n${next}`);
}

function list(node) {
  const first = node.start ?? 1;
  const items = [...node.children].map((item, index) => {
    const marker = node.nodeName === "OL" ? `${first + index}. ` : "- ";
    const gap = item.querySelector(":scope > p") ? "\n\n" : "\n";
    return indented(blocks(item).join(gap), marker, " ".repeat(marker.length));
  });
  return items.join("\n");
}

function fence(node) {
  const code = node.textContent.replace(/\n$/, "");
  const mark = delimiter(code, "`", 3);
  return `${mark}${node.closest(".code")?.dataset.language ?? ""}\n${code}\n${mark}`;
}

function table(node) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const [head, ...rows] = [...node.rows].map((line) => [...line.cells]);
  const texts = (cells) => cells.map((cell) => content(cell).trim().replaceAll("|", "\\|"));
  const line = row(head.map((cell) => ALIGNED[cell.getAttribute("align")] ?? "---"));
  return [row(texts(head)), line, ...rows.map((cells) => row(texts(cells)))].join("\n");
}

function block(node) {
  const name = node.nodeName;
  if (name === "PRE") return fence(node);
  if (name === "TABLE") return table(node);
  if (name === "UL" || name === "OL") return list(node);
  if (name === "HR") return "---";
  const text = of(node);
  if (name === "BLOCKQUOTE") return text.replace(/^/gm, "> ");
  return name[0] === "H" ? `${"#".repeat(Number(name[1]))} ${text}` : text;
}

// The blocks in an element, of which the text between two others is one.
function blocks(parent) {
  const found = [""];
  for (const node of parent.childNodes) {
    if (IS_BLOCK.test(node.nodeName)) found.push(block(node), "");
    else found[found.length - 1] += inline(node);
  }
  return found.map((text) => text.trim()).filter(Boolean);
}

export function of(element) {
  return blocks(element).join("\n\n");
}
