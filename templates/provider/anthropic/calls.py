"""Puts the tool calls of Anthropic's Messages together from their content blocks.

The API demands the thinking before a call back with it, unchanged:
https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
"""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from chat.provider.events import Call
from chat.provider.loose import get


@dataclass
class Block:
    """A content block as far as it has come: its fields, and the arguments in their pieces."""

    type: str
    fields: dict[str, Any]
    arguments: list[str] = field(default_factory=list)


# The fields of the blocks that are kept, and what each is if it is absent.
FIELDS: dict[str, dict[str, Any]] = {
    "tool_use": {"id": "", "name": "", "input": {}},
    "thinking": {"thinking": "", "signature": ""},
    "redacted_thinking": {"data": ""},
}


class CallReader:
    """Collects the calls of one response, and the thinking before them."""

    def __init__(self, model: str) -> None:
        """`model`: the one that is asked. Others cannot read its thinking."""
        self._model = model
        self._blocks: list[tuple[Any, Block]] = []  # each with its index

    def begin(self, index: Any, block: Any) -> None:
        """Keep a content block, which may be whole already, if it is to be kept."""
        type_ = get(block, "type")
        if known := FIELDS.get(type_) if isinstance(type_, str) else None:
            values = {name: get(block, name) for name in known}
            kept = {
                name: values[name] if isinstance(values[name], type(default)) else default
                for name, default in known.items()
            }
            self._blocks.append((index, Block(type_, kept)))

    def add(self, index: Any, delta: Any) -> None:
        """Add a piece to the block with that index, or else to the last one."""
        blocks = [block for number, block in self._blocks if number == index]
        for block in blocks[-1:] or [block for _, block in self._blocks[-1:]]:
            match block.type, get(delta, "type"):
                case "tool_use", "input_json_delta" if isinstance(get(delta, "partial_json"), str):
                    block.arguments.append(get(delta, "partial_json"))
                case "thinking", "thinking_delta" if isinstance(get(delta, "thinking"), str):
                    block.fields["thinking"] += get(delta, "thinking")
                case "thinking", "signature_delta" if isinstance(get(delta, "signature"), str):
                    block.fields["signature"] = get(delta, "signature")

    def take(self) -> list[Call]:
        """The calls, which are whole now. A call without a name is none."""
        blocks = [block for _, block in self._blocks]
        self._blocks.clear()
        thinking = [{"type": each.type} | each.fields for each in blocks if each.type != "tool_use"]
        calls: list[Call] = []
        for block in blocks:
            if block.type == "tool_use" and block.fields["name"]:
                call_id = block.fields["id"] or f"toolu_{uuid.uuid4().hex}"
                arguments = "".join(block.arguments) or json.dumps(block.fields["input"])
                # The thinking goes back once, with the first call.
                extra = {"model": self._model, "thinking": thinking} if thinking else None
                calls.append(Call(call_id, block.fields["name"], arguments, extra))
                thinking = []
        return calls
