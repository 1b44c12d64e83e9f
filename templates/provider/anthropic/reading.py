"""Understands a request of Anthropic's Messages, and refuses what the vendor would refuse.

Sources: `anthropic.types.message_create_params` for the request; the words of the refusals are
those of the service.
"""

import hashlib
import json
import re
from typing import Any

from .contract import Call, Message, Refused, Request, Result, Tool

# In the ids of calls that come after thinking.
AFTER_THINKING = "after_thinking_"
# The names that a call may have.
NAME = "^[a-zA-Z0-9_-]{1,64}$"


def sign(thinking: str) -> str:
    """The signature of a block of thinking. The service's own is opaque, too."""
    return hashlib.sha256(thinking.encode()).hexdigest()


def read(path: str, body: dict[str, Any]) -> Request:
    """Understand the parameters of `messages.create`.

    Raises ValueError, KeyError or TypeError if they are not those of a streamed message, and
    `Refused` where the service would refuse them.
    """
    messages = _conversation(body["messages"])
    if body.get("stream") is not True:
        raise ValueError("the built-in model only streams: send 'stream': true")
    tools = tuple(Tool(tool["name"], tool["input_schema"]) for tool in body.get("tools", ()))
    if any(message.calls for message in messages) and not tools:
        raise Refused("Requests which include `tool_use` or `tool_result` blocks must define tools")
    if "tool_choice" in body and not tools:
        raise Refused("tool_choice may only be specified while providing tools")
    return Request(
        model=body["model"],
        messages=messages,
        system=_text(body.get("system", "")),
        max_tokens=body["max_tokens"],
        body=body,
        tools=tools,
        may_call=body.get("tool_choice") != {"type": "none"},
    )


def _conversation(sent: list[dict[str, Any]]) -> list[Message]:
    messages: list[Message] = []
    waiting: dict[str, Call] = {}
    for number, turn in enumerate(sent):
        blocks = turn["content"] if isinstance(turn["content"], list) else []
        results = tuple(
            _result(block, waiting, f"messages.{number}.content.{place}")
            for place, block in enumerate(blocks)
            if block["type"] == "tool_result"
        )
        if waiting:
            raise Refused(
                f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks "
                f"immediately after: {', '.join(waiting)}. Each `tool_use` block must have a "
                "corresponding `tool_result` block in the next message."
            )
        if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            raise Refused("messages: text content blocks must contain non-whitespace text")
        calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
        _check_thinking(number, blocks, calls)
        waiting = {call.id: call for call in calls}
        messages.append(Message(turn["role"], _text(turn["content"]), tuple(calls), results))
    if waiting:
        raise Refused(f"messages: `tool_use` ids without `tool_result`: {', '.join(waiting)}")
    return messages


def _call(block: dict[str, Any]) -> Call:
    if not isinstance(block["input"], dict):
        raise Refused("tool_use.input: Input should be a valid dictionary")
    if not re.fullmatch(NAME, block["name"]):
        raise Refused(f"tool_use.name: String should match pattern '{NAME}'")
    return Call(block["name"], json.dumps(block["input"], ensure_ascii=False), block["id"])


def _result(block: dict[str, Any], waiting: dict[str, Call], place: str) -> Result:
    call = waiting.pop(block["tool_use_id"], None)
    if call is None:
        raise Refused(
            f"{place}: unexpected `tool_use_id` found in `tool_result` blocks: "
            f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding "
            "`tool_use` block in the previous message."
        )
    return Result(call, _text(block.get("content", "")), block.get("is_error", False))


def _check_thinking(number: int, blocks: list[dict[str, Any]], calls: list[Call]) -> None:
    """Refuse a call after thinking without it. The service does so while thinking is on."""
    first = blocks[0] if blocks else {}
    if first.get("type") == "thinking" and first["signature"] != sign(first["thinking"]):
        raise Refused(f"messages.{number}.content.0: Invalid `signature` in `thinking` block")
    if any(AFTER_THINKING in call.id for call in calls) and first["type"] != "thinking":
        raise Refused(
            f"messages.{number}.content.0.type: Expected `thinking` or `redacted_thinking`, but "
            f"found `{first['type']}`. When `thinking` is enabled, a final `assistant` message "
            "must start with a thinking block (preceeding the lastmost set of `tool_use` and "
            "`tool_result` blocks)."
        )


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")
