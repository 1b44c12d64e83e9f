"""Decides which tools the built-in model calls, and what it says of their results."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .arguments import invent
from .contract import Call, Message, Request, Tool

DEFAULT_ROUNDS = 1
# So much of a result is quoted.
MOST_QUOTED = 500

# The names that vendors allow.
_CALL = re.compile(r"(?<!\S)/tool(?![\w/-])(?:[ \t]+(?P<name>[A-Za-z_][\w.-]*)[ \t]*)?")
_CALLS = re.compile(r"(?<!\S)/tools(?![\w/-])")
_ROUNDS = re.compile(r"(?<!\S)/rounds\s+([0-9]{1,4})\b")
_THEN = re.compile(r"(?<!\S)/then(?![\w/-])")
_ECHO = re.compile(r"(?<!\S)/echo(?![\w/-])")


@dataclass(frozen=True)
class Round:
    """What one response of a turn does.

    `words` is the part of the prompt whose words count for this response, without the arguments of
    calls. `opening` is what it says first, of the results that it was sent, or of the lack of
    tools.
    """

    words: str
    opening: str
    calls: list[Call]


def plan(request: Request) -> Round:
    """Plan the response to a prompt, or to the results of calls.

    Each response to results follows the next part of the prompt, between two `/then`, so that the
    words of a prompt never call for ever. The first part is followed as often as `/rounds` says.
    """
    turn, prompt = _turn(request)
    number = sum(bool(message.calls) for message in turn)
    parts = _parts(prompt)
    rounds = _rounds(parts[0])
    at = 0 if number < rounds else number - rounds + 1
    part = parts[at] if at < len(parts) else ""
    calls, words = _calls(part, request.tools)
    opening = _quoted(request.messages[-1]) if turn else ""
    if calls is None:
        opening += "I was offered no tool to call.\n\n"
    elif calls and not request.may_call:
        opening += "I am not allowed to call a tool now.\n\n"
    return Round(words, opening, calls if calls and request.may_call else [])


def _turn(request: Request) -> tuple[list[Message], str]:
    """The messages after the last prompt, and that prompt."""
    for number in reversed(range(len(request.messages))):
        if request.messages[number].is_prompt:
            return request.messages[number + 1 :], request.messages[number].text
    return request.messages, ""


def _parts(prompt: str) -> list[str]:
    """The parts of a prompt between `/then`. After `/echo` all is text."""
    echo = _ECHO.search(prompt)
    end = echo.start() if echo else len(prompt)
    *parts, last = _THEN.split(prompt[:end])
    return [*parts, last + prompt[end:]]


def _rounds(part: str) -> int:
    found = _ROUNDS.search(part)
    return max(int(found[1]), 1) if found else DEFAULT_ROUNDS


def _calls(part: str, tools: tuple[Tool, ...]) -> tuple[list[Call] | None, str]:
    """The calls in a part of a prompt, and its other words.

    None: a tool is to be called, it is not named, and none is offered.
    """
    echo = _ECHO.search(part)
    head, tail = (part[: echo.start()], part[echo.start() :]) if echo else (part, "")
    calls: list[Call] = []
    words, at = "", 0
    while found := _CALL.search(head, at):
        words += head[at : found.start("name") if found["name"] else found.end()]
        call, at = _call(head, found, tools)
        if call is None:
            return None, words + head[at:] + tail
        calls.append(call)
    if _CALLS.search(head):
        if not tools:
            return None, part
        calls += [_invented(tool) for tool in (tools * 2)[:2]]
    return calls, words + head[at:] + tail


def _call(text: str, found: re.Match[str], tools: tuple[Tool, ...]) -> tuple[Call | None, int]:
    """The call of a `/tool`, and where it ends in `text`."""
    offered = {tool.name: tool for tool in tools}
    name, end = found["name"], found.end()
    if name and text.startswith("{", end):
        arguments = _json(text, end)
        return Call(name, arguments), end + len(arguments)
    if name and (name in offered or not text[end:].strip() or text[end:].startswith(("\n", "/"))):
        return _invented(offered.get(name, Tool(name, {}))), end
    # What follows is no name, but the rest of a sentence.
    end = found.end() if name is None else found.start("name")
    return (_invented(tools[0]) if tools else None), end


def _json(text: str, start: int) -> str:
    """The JSON at `start` as it stands, or else the rest of the line."""
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return text[start:].partition("\n")[0]
    return text[start:end]


def _invented(tool: Tool) -> Call:
    arguments = invent({"type": "object"} | tool.parameters)
    return Call(tool.name, json.dumps(arguments, ensure_ascii=False))


def _quoted(message: Message) -> str:
    """What the results say, so that a person can see that the model received them."""
    return "".join(_sentences(message))


def _sentences(message: Message) -> Iterator[str]:
    for result in message.results:
        said = "failed" if result.is_error else "said"
        yield f"The tool {result.call.name} {said}: {result.text[:MOST_QUOTED]}\n\n"
