"""Understands a request of OpenAI's Chat Completions, and refuses what the vendor would refuse.

Sources: `openai.types.chat.completion_create_params` for the request; the words of the refusals are
those of the service, or of llama.cpp for arguments that are no JSON.
"""

import json
import re
from typing import Any

from .contract import Call, Message, Refused, Request, Result, Tool

# The names that a call may have.
NAME = "^[a-zA-Z0-9_-]{1,64}$"


def read(path: str, body: dict[str, Any]) -> Request:
    """Understand the parameters of `chat.completions.create`.

    Raises ValueError, KeyError or TypeError if they are not those of a streamed completion, and
    `Refused` where the service would refuse them.
    """
    messages, system = _conversation(body["messages"])
    if body.get("stream") is not True:
        raise ValueError("the built-in model only streams: send 'stream': true")
    return Request(
        model=body["model"],
        messages=messages,
        system="\n".join(system),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        body=body,
        tools=_tools(body),
        may_call=body.get("tool_choice") != "none",
    )


def _conversation(sent: list[dict[str, Any]]) -> tuple[list[Message], list[str]]:
    """The messages, and the texts of the system prompt."""
    messages: list[Message] = []
    system: list[str] = []
    waiting: dict[str, Call] = {}
    results: list[Result] = []
    for message in sent:
        role = message["role"]
        if role == "tool":
            call = waiting.pop(message["tool_call_id"], None)
            if call is None:
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'."
                )
            results.append(Result(call, _text(message["content"])))
            continue
        _all_answered(waiting)
        if results:
            messages.append(Message("user", "", results=tuple(results)))
            results = []
        if role in ("system", "developer"):
            system.append(_text(message["content"]))
            continue
        calls = tuple(map(_call, message.get("tool_calls") or ()))
        text = _text(message.get("content") if calls else message["content"])
        messages.append(Message(role, text, calls))
        waiting = {call.id: call for call in calls}
    _all_answered(waiting)
    if results:
        messages.append(Message("user", "", results=tuple(results)))
    return messages, system


def _all_answered(waiting: dict[str, Call]) -> None:
    if waiting:
        raise Refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting)
        )


def _call(call: dict[str, Any]) -> Call:
    function = call["function"]
    if not re.fullmatch(NAME, function["name"]):
        raise Refused(
            "Invalid 'messages[0].tool_calls[0].function.name': string does not match pattern. "
            f"Expected a string that matches the pattern '{NAME}'."
        )
    try:
        if not isinstance(json.loads(function["arguments"]), dict):
            raise ValueError("no object")
    except ValueError as error:
        raise Refused(f"Failed to parse tool call arguments as JSON: {error}") from error
    return Call(function["name"], function["arguments"], call["id"])


def _tools(body: dict[str, Any]) -> tuple[Tool, ...]:
    if "tools" not in body and "tool_choice" in body:
        raise Refused(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are "
            "specified."
        )
    if body.get("tools") == []:
        raise Refused(
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead."
        )
    functions = [tool["function"] for tool in body.get("tools", ()) if tool["type"] == "function"]
    return tuple(Tool(function["name"], function.get("parameters", {})) for function in functions)


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part["text"] for part in content if part["type"] == "text")
