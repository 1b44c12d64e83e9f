"""Decides what the built-in model replies: certain words in a prompt select its behaviour."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from . import prose
from .contract import FailureKind, Request

WORDS: dict[str, str] = {
    "/slow": "Three tokens a second.",
    "/stall": "Stops half-way and keeps the connection open.",
    "/silent": "Never sends a first byte.",
    "/drop": "Loses the connection half-way.",
    "/cut": "Ends half-way, without a finish reason.",
    "/garbage": "Sends malformed data half-way.",
    "/error": "Reports a server error half-way.",
    "/refuse": "Ends half-way, as a content filter does.",
    "/length": "Ends half-way, at the token limit.",
    "/tool": "Calls a tool half-way; the chat has no tools.",
    "/401": "Refuses the key.",
    "/404": "Does not know the model.",
    "/429": "Too many requests: asks to wait 7 seconds.",
    "/500": "Answers with an internal server error.",
    "/overloaded": "Answers that it is overloaded.",
    "/quota": "The account is out of credit.",
    "/context": "The conversation is too long for the model.",
    "/long": "Mixed Markdown, with a number of tokens: /long 500.",
    "/paragraph": "A single paragraph, with a number of tokens: /paragraph 500.",
    "/list": "A single list, with a number of tokens: /list 500.",
    "/table": "A single table, with a number of tokens: /table 500.",
    "/codeblock": "A single code block, with a number of tokens: /codeblock 500.",
    "/markdown": "Every Markdown construct once.",
    "/code": "Code in several languages.",
    "/xss": "Hostile Markdown and HTML, which the page must make harmless.",
    "/echo": "Replies with exactly the text after this word.",
    "/chars": "One character per token; put it before /echo.",
}

Ending = Literal["stop", "length", "refusal", "stall", "tool", "drop", "cut", "garbage", "error"]

SLOW_TOKENS_PER_SECOND = 3.0
MOST_TOKENS = 20_000
DEFAULT_TOKENS = 400

_WORD = re.compile(r"(?<!\S)(/[a-z0-9]+)(?![\w/-])(?:\s+([0-9]+)\b)?")

_FAILURES: dict[str, FailureKind] = {
    "/401": "401",
    "/404": "404",
    "/429": "429",
    "/500": "500",
    "/overloaded": "overloaded",
    "/quota": "quota",
    "/context": "context",
}

_ENDINGS: dict[str, Ending] = {
    "/stall": "stall",
    "/drop": "drop",
    "/cut": "cut",
    "/garbage": "garbage",
    "/error": "error",
    "/refuse": "refusal",
    "/length": "length",
    "/tool": "tool",
}

_SIZED: dict[str, Callable[[random.Random, int], list[str]]] = {
    "/long": prose.mixed,
    "/paragraph": prose.paragraph,
    "/list": prose.bullets,
    "/table": prose.table,
    "/codeblock": prose.codeblock,
}

_FIXED = {"/markdown": prose.MARKDOWN, "/code": prose.CODE, "/xss": prose.XSS}


@dataclass(frozen=True)
class Plan:
    """How to answer one request. `tokens_per_second` is None for the server's own pace."""

    words: list[str]
    failure: FailureKind | None
    silent: bool
    tokens_per_second: float | None
    pieces: list[str]
    ending: Ending


def plan(request: Request) -> Plan:
    """Plan the answer to the last message. The same prompt always gives the same text.

    Words of different kinds combine (`/slow /stall /table 60`). Of several words of one kind, the
    first counts. Everything after `/echo` is text. The reply stops at `request.max_tokens`, as with
    any model.
    """
    prompt = request.messages[-1].text if request.messages else ""
    found: dict[str, int] = {}
    echo: str | None = None
    for match in _WORD.finditer(prompt):
        word = match[1]
        if word not in WORDS:
            continue
        # Nine digits exceed every limit. `int` raises ValueError for thousands of digits.
        found.setdefault(word, int(match[2][:9]) if match[2] else DEFAULT_TOKENS)
        if word == "/echo":
            echo = prompt[match.end(1) + 1 :]
            break
    pieces = prose.tokens(echo) if echo is not None else _pieces(prompt, found, request)
    if "/chars" in found:
        pieces = list("".join(pieces))
    ending: Ending = next((_ENDINGS[word] for word in found if word in _ENDINGS), "stop")
    if ending != "stop":
        pieces = pieces[: (len(pieces) + 1) // 2]
    if request.max_tokens is not None and len(pieces) > request.max_tokens:
        pieces = pieces[: request.max_tokens]
        ending = "length" if ending == "stop" else ending
    return Plan(
        words=list(found),
        failure=next((_FAILURES[word] for word in found if word in _FAILURES), None),
        silent="/silent" in found,
        tokens_per_second=SLOW_TOKENS_PER_SECOND if "/slow" in found else None,
        pieces=pieces,
        ending=ending,
    )


def count(request: Request) -> int:
    """The number of input tokens of `request`: its system prompt and all messages."""
    texts = [request.system, *(message.text for message in request.messages)]
    return sum(len(prose.tokens(text)) for text in texts)


def about(path: str, body: dict[str, Any]) -> str:
    """The text at `GET /`. `path` and `body` are an example of a request."""
    words = "\n".join(f"  {word:<12}{line}" for word, line in WORDS.items())
    return (
        "This is the built-in model: it answers like the vendor's servers, without a key.\n"
        f"Words in a prompt select what it does:\n\n{words}\n\n"
        "GET /record lists the requests it received. To try it by hand, POST this:\n\n"
        f"  {path}\n  {json.dumps(body)}\n"
    )


def _pieces(prompt: str, found: dict[str, int], request: Request) -> list[str]:
    rng = random.Random(prompt)
    for word, size in found.items():
        if word in _SIZED:
            return _SIZED[word](rng, min(max(size, 1), MOST_TOKENS))
        if word in _FIXED:
            return prose.tokens(_FIXED[word])
    asked = sum(message.role == "user" for message in request.messages)
    return prose.tokens(prose.answer(rng, asked))
