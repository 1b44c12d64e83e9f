"""All conversations of an owner as one JSON document, which docs/export.md describes."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db.models import Count
from django.utils import timezone

from chat.models import (
    Conversation,
    Reply,
    ToolCall,  # tools
    Turn,
)
from chat.owners import Owner
from chat.tools import history  # tools

# Raise it when a reader of the last version would misread the new one.
VERSION = 1
# About how many replies are in memory at once.
PIECE = 200
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "estimated_output_tokens",
)


async def pieces(owner: Owner) -> AsyncIterator[bytes]:
    """The document in pieces, for an ASGI server, which would first collect a plain iterator.

    While a browser reads a piece, no connection to the database is in use: slow readers would
    otherwise use up the pool.
    """
    head = json.dumps({"version": VERSION, "exported_at": _time(timezone.now())})
    yield f'{head[:-1]}, "conversations": ['.encode()
    separator = b"\n"
    for ids in await database_sync_to_async(_groups)(owner):
        if piece := await database_sync_to_async(_piece)(owner, ids):
            yield separator + piece
            separator = b",\n"
    yield b"\n]}\n"


def _groups(owner: Owner) -> list[list[UUID]]:
    """The ids of the conversations, the oldest first, in groups of about PIECE replies."""
    conversations = Conversation.objects.filter(**owner.fields).order_by("created_at", "pk")
    groups: list[list[UUID]] = []
    room = 0
    for pk, count in conversations.values_list("pk").annotate(Count("replies")):
        if room <= 0:
            groups.append([])
            room = PIECE
        groups[-1].append(pk)
        # One without a reply counts, too.
        room -= max(count, 1)
    return groups


def _piece(owner: Owner, ids: list[UUID]) -> bytes:
    """These conversations, without those that were deleted meanwhile."""
    conversations = list(
        Conversation.objects.filter(**owner.fields, pk__in=ids)
        .order_by("created_at", "pk")
        .prefetch_related("turns__replies")
    )
    history.fetch(  # tools
        reply
        for conversation in conversations
        for turn in conversation.turns.all()
        for reply in turn.replies.all()
    )
    # One by one: the encoder lets no other thread run until it is done.
    texts = [json.dumps(_conversation(each), ensure_ascii=False) for each in conversations]
    return ",\n".join(texts).encode()


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "created_at": _time(conversation.created_at),
        "title": conversation.title,  # conversations
        "model": conversation.model,
        "turns": [_turn(turn) for turn in conversation.turns.all()],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "created_at": _time(turn.created_at),
        "prompt": turn.prompt,
        "replies": [_reply(reply) for reply in turn.replies.all()],
    }


def _reply(reply: Reply) -> dict[str, Any]:
    counts = {name: getattr(reply, name) for name in COUNTS}
    result: dict[str, Any] = {
        "created_at": _time(reply.created_at),
        "ended_at": _time(reply.ended_at),
        "prompt": reply.asked,
        "status": reply.status,
        "note": reply.note,
        "model": reply.model,
        "text": reply.text,
        "reasoning": reply.reasoning,
        "is_from_cache": reply.is_from_cache,
        "usage": {name: count for name, count in counts.items() if count is not None},
    }
    calls = reply.tool_calls.all() if reply.call_count else []  # tools
    result["tool_calls"] = [_call(call) for call in calls]  # tools
    return result


def _call(call: ToolCall) -> dict[str, Any]:  # tools
    return {
        "name": call.name,
        "arguments": call.arguments,
        "status": call.status,
        "result": call.result,
        "position": call.position,
        "created_at": _time(call.created_at),
        "ended_at": _time(call.ended_at),
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
