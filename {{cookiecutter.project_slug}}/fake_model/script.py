"""Decides what the built-in model replies: certain words in a prompt select its behaviour."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import prose, tool_script
from .contract import Call, FailureKind, Message, Request

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
    "/think": "Reasons first. A number of tokens may follow: /think 500.",
    "/tool": "Calls the first tool it is offered, half-way, with arguments that it allows.",
    "/tools": "Calls two tools in one response.",
    "/rounds": "Calls again after the results, so many times in all: /tool /rounds 3.",
    "/then": "What follows counts after the results: /tool /then /stall.",
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
    "/fences": "Ten code blocks in ten languages, with a number of tokens: /fences 500.",
    "/markdown": "Every Markdown construct once.",
    "/code": "Code in several languages.",
    "/xss": "Hostile Markdown and HTML, which the page must make harmless.",
    "/echo": "Replies with exactly the text after this word.",
    "/chars": "One character per token; put it before /echo.",
}

# Other forms of a word, for people who read `GET /words`.
FORMS = (
    "/tool NAME calls the tool of that name, also one that it is not offered.",
    "/tool NAME {JSON} calls it with these arguments. Malformed JSON goes to the end of the line.",
    "Several /tool in a prompt are several calls in one response. With a word that ends a reply",
    "half-way (/stall /tool) it ends half-way through the first call.",
)

Ending = Literal["stop", "length", "refusal", "stall", "drop", "cut", "garbage", "error"]

SLOW_TOKENS_PER_SECOND = 3.0
MOST_TOKENS = 20_000
DEFAULT_TOKENS = 400
DEFAULT_THOUGHTS = 40

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
}

_SIZED: dict[str, Callable[[random.Random, int], list[str]]] = {
    "/long": prose.mixed,
    "/paragraph": prose.paragraph,
    "/list": prose.bullets,
    "/table": prose.table,
    "/codeblock": prose.codeblock,
    "/fences": prose.fences,
}

_FIXED = {"/markdown": prose.MARKDOWN, "/code": prose.CODE, "/xss": prose.XSS}


@dataclass(frozen=True)
class Plan:
    """How to answer one request. `tokens_per_second` is None for the server's own pace.

    `planned` is how many pieces there were before an ending half-way took some.
    """

    words: list[str]
    failure: FailureKind | None
    silent: bool
    tokens_per_second: float | None
    thoughts: list[str]
    pieces: list[str]
    planned: int
    calls: list[Call]
    ending: Ending


def plan(request: Request) -> Plan:
    """Plan the answer to the last message. The same prompt always gives the same text.

    Words of different kinds combine (`/slow /stall /table 60`). Of several words of one kind, the
    first counts. Everything after `/echo` is text. The reply stops at `request.max_tokens`, as with
    any model. What is after a `/then` counts for the response to the results of tools.
    """
    step = tool_script.plan(request)
    prompt = step.words
    found: dict[str, int | None] = {}
    echo: str | None = None
    for match in _WORD.finditer(prompt):
        word = match[1]
        if word not in WORDS:
            continue
        # Nine digits exceed every limit. `int` raises ValueError for thousands of digits.
        found.setdefault(word, int(match[2][:9]) if match[2] else None)
        if word == "/echo":
            echo = prompt[match.end(1) + 1 :]
            break
    pieces = prose.tokens(echo) if echo is not None else _pieces(prompt, found, request)
    if "/chars" in found:
        pieces = list("".join(pieces))
    ending: Ending = next((_ENDINGS[word] for word in found if word in _ENDINGS), "stop")
    planned = len(pieces)
    if ending != "stop" or step.calls:
        pieces = pieces[: (len(pieces) + 1) // 2]
        planned = len(pieces) if step.calls else planned
    opening = prose.tokens(step.opening)
    pieces, planned = opening + pieces, len(opening) + planned
    thoughts = _thoughts(prompt, found)
    if request.max_tokens is not None:
        planned = min(planned, max(request.max_tokens - len(thoughts), 0))
    if request.max_tokens is not None and len(thoughts) + len(pieces) > request.max_tokens:
        thoughts = thoughts[: request.max_tokens]
        pieces = pieces[: request.max_tokens - len(thoughts)]
        ending = "length" if ending == "stop" else ending
    return Plan(
        words=list(found),
        failure=next((_FAILURES[word] for word in found if word in _FAILURES), None),
        silent="/silent" in found,
        tokens_per_second=SLOW_TOKENS_PER_SECOND if "/slow" in found else None,
        thoughts=thoughts,
        pieces=pieces,
        planned=planned,
        calls=step.calls,
        ending=ending,
    )


def count(request: Request) -> tuple[int, int]:
    """The number of input tokens: its system prompt and all messages; and those of them cached.

    All before the last message is cached, as if it had been sent a moment ago.
    """
    counts = [len(prose.tokens(_text(message))) for message in request.messages]
    system = len(prose.tokens(request.system))
    cached = system + sum(counts[:-1]) if len(counts) > 1 else 0
    return system + sum(counts), cached


def _thoughts(prompt: str, found: dict[str, int | None]) -> list[str]:
    if "/think" not in found:
        return []
    # Random numbers of its own, so that the reply is the same as without it.
    return prose.reasoning(random.Random(prompt), _size(found["/think"], DEFAULT_THOUGHTS))


def _size(number: int | None, default: int) -> int:
    return default if number is None else min(max(number, 1), MOST_TOKENS)


def _pieces(prompt: str, found: dict[str, int | None], request: Request) -> list[str]:
    rng = random.Random(prompt)
    for word, size in found.items():
        if word in _SIZED:
            return _SIZED[word](rng, _size(size, DEFAULT_TOKENS))
        if word in _FIXED:
            return prose.tokens(_FIXED[word])
    asked = sum(message.is_prompt for message in request.messages)
    return prose.tokens(prose.answer(rng, asked))


def _text(message: Message) -> str:
    """All of a message that is counted."""
    calls = (f"{call.name} {call.arguments}" for call in message.calls)
    results = (result.text for result in message.results)
    return "\n".join(filter(None, [message.text, *calls, *results]))
