"""A conversation as a Markdown document: what its page shows."""

import re
from collections.abc import Iterable

from chat.export.titles import title
from chat.models import (
    Reply,
    ToolCall,  # tools
    Turn,
)
from chat.tools import history  # tools

LINE_END = re.compile(r"\r\n?|\n")
FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)")
BACKTICKS = re.compile(r"`+")


def document(turns: Iterable[tuple[Turn, Reply]], name: str) -> str:
    """Each prompt as a quote, and each reply as the model wrote it."""
    turns = list(turns)
    parts = [f"# {title(name)}"]
    for _, reply in turns:
        parts += ["## You", quote(reply.asked), "## Assistant", *_texts(reply)]
        parts.append(_mark(reply))
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def quote(text: str) -> str:
    """As a block quote, which ends with its last line, whatever Markdown or HTML it begins."""
    return "\n".join(f"> {line}".rstrip(" ") for line in LINE_END.split(text))


def closed(text: str) -> str:
    """With an end for a code block that has none: else it would go on over the next turns."""
    opened = None
    for line in LINE_END.split(text):
        fence = FENCE.fullmatch(line)
        if fence is None:
            continue
        if opened is None:
            opened = fence
        elif fence[2].startswith(opened[2]) and not fence[3].strip():
            opened = None
    # The same indentation: where the block is in a list, another one would begin a new block.
    return text if opened is None else f"{text.rstrip()}\n{opened[1]}{opened[2]}"


def fenced(text: str) -> str:
    """As a code block, by a fence that is longer than any in it."""
    longest = max(map(len, BACKTICKS.findall(text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}\n{text}\n{fence}"


def _texts(reply: Reply) -> list[str]:
    if reply.call_count:  # tools
        parts = history.split(reply.text, reply.tool_calls.all())
        return [closed(part) if isinstance(part, str) else _call(part) for part in parts]
    return [closed(reply.text)]


def _call(call: ToolCall) -> str:  # tools
    lines = [f"Tool {call.name} {call.label}", call.arguments, call.result]
    return fenced("\n".join(line for line in lines if line))


def _mark(reply: Reply) -> str:
    """How a reply ended that is not whole, and the message that its page shows."""
    ended = "" if reply.status == Reply.Status.COMPLETE else f"**{reply.get_status_display()}**"
    return " ".join(filter(None, [ended, " ".join(reply.note.split())]))
