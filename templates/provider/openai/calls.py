"""Puts the tool calls of OpenAI's Chat Completions together from the pieces in their chunks.

Servers that resemble OpenAI's differ: some leave out the index or the id, give every call the index
0, repeat the name in each piece, or send a whole call in one piece.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from chat.provider.events import Call
from chat.provider.loose import count, each, get

# Some servers demand these fields of a delta back with the calls: DeepSeek the first, OpenRouter
# the second.
REASONING_KEPT = ("reasoning_content", "reasoning_details")
# What Google's models demand back with a call, through this API.
CALL_KEPT = "extra_content"


@dataclass
class Unfinished:
    """A call as far as it has come."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: str = ""
    kept: Any = None


class CallReader:
    """Collects the calls of one response, and what the server demands back with them."""

    def __init__(self) -> None:
        self._calls: list[Unfinished] = []
        self._kept: dict[str, Any] = {}

    def read(self, delta: Any) -> None:
        """Add the pieces of calls in a delta."""
        for piece in each(get(delta, "tool_calls")):
            function = get(piece, "function")
            index, call_id = count(get(piece, "index")), _text(get(piece, "id"))
            name, arguments = _text(get(function, "name")), _json(get(function, "arguments"))
            if not name and not arguments:
                continue
            call = self._find(index, call_id, name, arguments)
            if call is None:
                call = Unfinished(index)
                self._calls.append(call)
            call.id = call.id or call_id
            call.name = call.name or name
            call.arguments += arguments
            call.kept = call.kept or get(piece, CALL_KEPT)

    def keep(self, others: Any) -> None:
        """Keep the reasoning in `others`, the fields of a delta that the SDK does not know."""
        for name in REASONING_KEPT:
            match get(others, name):
                case str(words) if words:
                    self._kept[name] = f"{self._kept.get(name) or ''}{words}"
                case list(details) if details:
                    self._kept[name] = [*each(self._kept.get(name)), *details]

    def take(self) -> list[Call]:
        """The calls, which are whole now. A call without a name is none."""
        calls: list[Call] = []
        for call in self._calls:
            if call.name:
                taken = {other.id for other in calls}
                own_id = call.id if call.id and call.id not in taken else f"call_{uuid.uuid4().hex}"
                # The reasoning goes back once, with the first call.
                extra = {} if calls else dict(self._kept)
                if call.kept:
                    extra[CALL_KEPT] = call.kept
                calls.append(Call(own_id, call.name, call.arguments or "{}", extra or None))
        self._calls.clear()
        return calls

    def _find(
        self, index: int | None, call_id: str, name: str, arguments: str
    ) -> Unfinished | None:
        """The call that a piece continues; None if the piece begins a call."""
        if index is None and call_id and call_id in {call.id for call in self._calls}:
            return next(call for call in self._calls if call.id == call_id)
        candidates = [call for call in self._calls if index is None or call.index == index]
        if not candidates:
            return None
        last = candidates[-1]
        if name and call_id:
            return last if last.id in ("", call_id) else None
        # Without an id, a name after whole arguments begins another call.
        return None if name and arguments and _is_whole(last.arguments) else last


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _json(value: Any) -> str:
    """Arguments as JSON. Some servers send the object itself."""
    return json.dumps(value) if isinstance(value, dict) else _text(value)


def _is_whole(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return False
