"""The cache of replies: what was asked before, by anybody, is answered without a request.

CHAT_CACHE_SECONDS turns it on. It holds the text and the reasoning of complete replies, under a
hash of the whole request: nothing of who asked. All users share it. So somebody who asks what
another has asked may notice that the reply is quick, and learns nothing else.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import close_old_connections
from django.utils.crypto import salted_hmac

from chat.models import Reply
from chat.provider import names
from chat.provider.events import Event, Finish, Reasoning, Text
from chat.provider.messages import Request

ALIAS = "default"
# Longer replies are not kept.
MAXIMUM_CHARS = 100_000
# Changes with what the cache holds, so that nothing older is read.
VERSION = 1
# A saved reply comes at 300 pieces a second: as a quick model sends it.
PIECE_CHARS = 5
TICK_SECONDS = 0.02
PIECES_PER_TICK = 6
# A cache that does not answer costs a reply no more than this.
PATIENCE_SECONDS = 1

logger = logging.getLogger("chat")

# Its own threads, so that a cache that hangs holds up nothing else.
_threads = ThreadPoolExecutor(4, thread_name_prefix="cache")


def first(events: AsyncGenerator[Event], reply: Reply, request: Request) -> AsyncGenerator[Event]:
    """The events of the saved reply to `request`, if there is one, or else `events`.

    `events` is a generator that has not begun: it sends the request with its first step.
    """
    if not settings.CHAT_CACHE_SECONDS:
        return events
    if reply.call_count:  # tools
        return events
    return _first(events, reply, request)


async def _first(
    events: AsyncGenerator[Event], reply: Reply, request: Request
) -> AsyncGenerator[Event]:
    async with contextlib.aclosing(events):
        saved = await _in_thread(partial(_find, reply, request))
        reply.is_from_cache = saved is not None
        async for event in events if saved is None else _replay(*saved):
            yield event


async def keep(reply: Reply, request: Request) -> None:
    """Keep a reply for those who ask the same, if it is complete, and all of it is text."""
    if not settings.CHAT_CACHE_SECONDS or not _is_worth_keeping(reply):
        return
    await _in_thread(partial(_put, reply, request))


def key(request: Request) -> str:
    """The key of a request, in which nothing of it can be read."""
    asked = [VERSION, names.TITLE, settings.CHAT_BASE_URL, asdict(request)]
    value = json.dumps(asked, sort_keys=True)
    return f"chat-reply-{salted_hmac('chat.replies.cache', value, algorithm='sha256').hexdigest()}"


def _is_worth_keeping(reply: Reply) -> bool:
    is_whole = reply.status == Reply.Status.COMPLETE and not reply.note
    is_short = len(reply.text) + len(reply.reasoning) <= MAXIMUM_CHARS
    if reply.call_count:  # tools
        return False
    return is_whole and is_short and not reply.is_from_cache


def _find(reply: Reply, request: Request) -> tuple[str, str] | None:
    found = caches[ALIAS].get(key(request))
    # Whoever retries wants another answer.
    if found is None or Reply.objects.filter(turn=reply.turn_id, pk__lt=reply.pk).exists():
        return None
    reasoning, text = found
    return reasoning, text


def _put(reply: Reply, request: Request) -> None:
    saved = (reply.reasoning, reply.text)
    caches[ALIAS].set(key(request), saved, timeout=settings.CHAT_CACHE_SECONDS)


async def _in_thread(call: Callable[[], Any]) -> Any:
    """The result of `call`; None if it fails, or takes too long: the model can still be asked."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_threads, _connected, call)
    except Exception as error:
        logger.warning("the cache of replies does not work: %s: %s", type(error).__name__, error)
        return None


def _connected(call: Callable[[], Any]) -> Any:
    """The result of `call`, without a connection to the database that would stay behind."""
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


async def _replay(reasoning: str, text: str) -> AsyncGenerator[Event]:
    events: list[Event] = [Reasoning(piece) for piece in _pieces(reasoning)]
    events += [Text(piece) for piece in _pieces(text)]
    for number, event in enumerate(events, start=1):
        yield event
        if number % PIECES_PER_TICK == 0:
            await asyncio.sleep(TICK_SECONDS)
    yield Finish("stop")


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE_CHARS] for start in range(0, len(text), PIECE_CHARS)]
