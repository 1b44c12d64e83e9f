"""The HTML of a reply while it grows.

comrak tells where the blocks of a text begin: all but the last are final once their lines are.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from comrak import AstNode, CodeBlock, ExtensionOptions, parse_document
from django.utils.safestring import SafeString

from chat.page import maths, unfinished
from chat.page.edits import Cursor, common_prefix
from chat.page.markdown import render, render_block

# What decides where a block ends. A footnote would be moved to the end.
BLOCKS = ExtensionOptions(table=True)
# A block can end only where a line follows an empty one, and code at a fence.
MAYBE_END = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:\r?\n.|`{3}|~{3})", re.MULTILINE
)
LINE_END = re.compile(r"\r\n?|\n")
# Of a link by reference, `[text][label]`. Footnotes wait for the end of the reply.
DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)([^\]\[\\\n]{1,99})\]:[ \t]+[^\s\[]\S*"
    r"""(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*\r?$""",
    re.MULTILINE,
)
MAXIMUM_DEFINITIONS = 5_000  # characters

# All updates of a reply together may render this many characters for each character of its text,
# and FREE_WORK more. So a block of up to about 4 kB is updated with each token, and a very long one
# each time that it has grown by 1/128.
WORK_PER_CHARACTER = 128
FREE_WORK = 1_000_000
# Sending a character counts as much as rendering this many.
WORK_PER_SENT = 8
# Longer blocks, and links in more text, wait for the end of the reply: to parse more takes 10 ms.
MAXIMUM_PARSED = 30_000

# One thread for all replies, so that much code takes one processor at most.
COLOURING = ThreadPoolExecutor(1, thread_name_prefix="colouring")


def render_part(text: str) -> SafeString:
    """Safe HTML of a reply that did not end well, as it was shown while it grew."""
    blocks = parse_document(text[: text.rfind("\n") + 1], BLOCKS).children
    return render(unfinished.close(text, in_code=_is_in_code(blocks)))


class GrowingMarkdown:
    """The HTML of one reply while it grows, rendered once for all its watchers.

    A finished block is settled: it is never rendered again, unless a link in it gets its address
    further down. The last block is rendered at each update, unless it has become so long that this
    would cost too much: see `WORK_PER_CHARACTER`. Code is coloured when its block is settled.
    """

    def __init__(self) -> None:
        self.restarts = 0  # how often settled HTML has changed
        self._begin()

    def _begin(self) -> None:
        self.settled: list[str] = []  # the HTML of the finished blocks
        self.end = ""  # the HTML of what still grows
        # Done when the next block can be settled: with its HTML, up to this character of the text.
        self.colouring: Future[str] | None = None
        self._coloured = 0
        self._text = ""
        self._ends = [0]  # where the finished blocks end in the text
        self._read = 0  # characters in complete lines
        self._last_line = 0
        self._in_code = False
        self._definitions = ""
        self._labels: set[str] = set()
        self._new_labels: list[str] = []
        self._work = 0

    @property
    def html(self) -> str:
        return "".join(self.settled) + self.end

    def cursor(self) -> Cursor:
        """For a watcher whose page shows nothing of the reply yet."""
        return Cursor(self)

    def update(self, text: str) -> None:
        """Take in the text so far.

        Unfinished Markdown at its end is closed. A long block may wait for a later update. Where
        the text does not begin with that of the last update, that was reasoning.
        """
        if not text.startswith(self._text):
            self._begin()
            self.restarts += 1
        self._text = text
        unsettled = len(text) - self._ends[-1]
        if self._work + unsettled > FREE_WORK + WORK_PER_CHARACTER * len(text):
            return
        blocks = len(self.settled)
        if self.colouring is not None and self.colouring.done():
            self._settle(self._coloured, self.colouring.result())
            self.colouring = None
        self._read_lines(text)
        before = self.end if len(self.settled) == blocks else ""
        shown = unfinished.close(text[self._ends[-1] :], in_code=self._in_code)
        self.end = render_block(shown, self._definitions)
        sent = len(self.end) - common_prefix(before, self.end)
        self._work += max(unsettled, len(shown)) + WORK_PER_SENT * sent

    def finish(self, html: str) -> None:
        """Take in the HTML of the whole reply."""
        settled = "".join(self.settled)
        if html.startswith(settled):
            self.end = html[len(settled) :]
        else:
            self.settled, self.end = [], html
            self.restarts += 1

    def _read_lines(self, text: str) -> None:
        """Settle the blocks that are finished, as far as complete lines tell."""
        end = text.rfind("\n", self._read) + 1
        if not end:
            return
        lines, new = text[self._last_line : end], text[self._read : end]
        self._read, self._last_line = end, text.rfind("\n", 0, end - 1) + 1
        if not self._in_code:
            self._define(text, new)
        start = self._ends[-1]
        if end - start > MAXIMUM_PARSED or not MAYBE_END.search(lines):
            return
        self._work += end - start
        lines = maths.join_lines(text[start:end], grows=True)
        blocks = parse_document(lines, BLOCKS).children
        self._in_code = _is_in_code(blocks)
        if not blocks or self.colouring is not None:
            return
        if not _is_closed_code(blocks[-1]):
            line = blocks[-1].sourcepos.start.line
            if line == 1:
                return
            end = start + next(islice(LINE_END.finditer(lines), line - 2, None)).end()
        block = text[start:end]
        if "```" in block or "~~~" in block:
            self.colouring = COLOURING.submit(render_block, block, self._definitions, coloured=True)
            self._coloured = end
        else:
            self._settle(end, render_block(block, self._definitions))

    def _settle(self, end: int, html: str) -> None:
        self._ends.append(end)
        self.settled.append(html)

    def _define(self, text: str, new: str) -> None:
        """Note the addresses in new lines, and give them to the links in settled blocks.

        Definitions usually stand in a row, so the blocks are rendered again after the last of them.
        """
        found = list(DEFINITION.finditer(new)) if "]:" in new else []
        for definition in found:
            label = f"[{definition[1]}]".lower()
            # The first address of a label counts.
            if label not in self._labels and len(self._definitions) < MAXIMUM_DEFINITIONS:
                self._definitions += f"{definition[0]}\n"
                self._labels.add(label)
                self._new_labels.append(label)
        if not self._new_labels or (found and found[-1].end() == len(new) - 1):
            return
        spans = enumerate(zip(self._ends, self._ends[1:], strict=False))
        blocks = [(index, text[start:end]) for index, (start, end) in spans]
        used = [it for it in blocks if any(label in it[1].lower() for label in self._new_labels)]
        if sum(len(block) + len(self._definitions) for _, block in used) <= MAXIMUM_PARSED:
            for index, block in used:
                self.settled[index] = render_block(block, self._definitions)
            self.restarts += bool(used)
        self._new_labels = []


def _is_in_code(blocks: list[AstNode]) -> bool:
    """Whether the last line is in a code block whose closing fence is still to come."""
    while blocks:
        last, blocks = blocks[-1], blocks[-1].children
        if isinstance(last.node_value, CodeBlock):
            return last.node_value.value.fenced and not last.node_value.value.closed
    return False


def _is_closed_code(block: AstNode) -> bool:
    code = block.node_value
    return isinstance(code, CodeBlock) and code.value.fenced and code.value.closed
