"""Tool calls as a part of what the model is sent, and of what the page shows."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from django.db.models import prefetch_related_objects

from chat.models import Reply
from chat.provider.events import Call
from chat.provider.messages import Message, Result
from chat.tools.models import ToolCall

STOPPED = "This call was stopped before it ended."


def fetch(replies: Iterable[Reply]) -> None:
    """Load the calls of those replies that have any, in one query, or in none."""
    prefetch_related_objects([reply for reply in replies if reply.call_count], "tool_calls")


def split(text: str, calls: Iterable[ToolCall]) -> list[str | ToolCall]:
    """The text of a reply and the calls in it, in their order. The last item is always text."""
    parts: list[str | ToolCall] = []
    start = 0
    for call in calls:
        if before := text[start : call.position]:
            parts.append(before)
        parts.append(call)
        start = call.position
    return [*parts, text[start:]]


def messages(text: str, calls: Iterable[ToolCall], *, keeps_extra: bool = True) -> list[Message]:
    """A message for each response of a reply, with the results of its calls; the last has none.

    Only the model that wrote a response can read its `extra`.
    """
    built = []
    start = 0
    for position, group in groupby(calls, attrgetter("position", "round")):
        results = tuple(_result(call, keeps_extra) for call in group)
        built.append(Message("assistant", text[start : position[0]].rstrip(), results))
        start = position[0]
    # Some providers refuse a blank message.
    return built + ([Message("assistant", text[start:])] if text[start:].strip() else [])


def _result(call: ToolCall, keeps_extra: bool) -> Result:
    called = Call(call.call_id, call.name, call.arguments, call.extra if keeps_extra else None)
    is_error = call.status != ToolCall.Status.COMPLETE
    return Result(called, call.result or (STOPPED if is_error else ""), is_error)
