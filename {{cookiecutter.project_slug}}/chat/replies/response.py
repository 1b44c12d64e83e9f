"""Reads one response of the model into a reply: its text, reasoning, tokens and tool calls."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings

from chat import error_messages
from chat.models import Reply
from chat.provider.errors import ProviderError
from chat.provider.events import Call, Finish, Reasoning, Text, TextWasReasoning
from chat.provider.messages import Request
from chat.repair import Repair
from chat.replies import cache  # cache
from chat.replies.usage import Tally  # usage

# Reads the response to a request.
Read = Callable[[Request], Coroutine[Any, Any, list[Call]]]

logger = logging.getLogger("chat")

# What follows the model's finish, such as the token counts, comes at once. Some servers then leave
# the connection open.
AFTER_FINISH_SECONDS = 3


async def read_response(
    reply: Reply,
    request: Request,
    tally: Tally,  # usage
    notify: Callable[[], None],
) -> list[Call]:
    """Append a response to the text of `reply`, and return the tools that it calls.

    `notify` is called at each change. Raises `ProviderError`.
    """
    # The SDK takes a second to import: only a process that replies should load it.
    from chat.provider.reader import read_reply

    loop, idle = asyncio.get_running_loop(), settings.CHAT_IDLE_TIMEOUT_SECONDS
    text, reasoning = Repair(), Repair()
    calls: list[Call] = []
    start, finish = len(reply.text), None
    is_over = False  # finished, and without text since
    tally.begin_response()  # usage
    events = read_reply(request)
    events = cache.first(events, reply, request)  # cache
    try:
        async with asyncio.timeout(idle) as limit, contextlib.aclosing(events):
            async for event in events:
                tally.see(event)  # usage
                if finish is None or isinstance(event, Text):
                    limit.reschedule(loop.time() + idle)
                match event:
                    case Text():
                        is_over = False
                        reply.text += text.repair(event.text)
                        notify()
                    case Reasoning():
                        reply.reasoning += reasoning.repair(event.text)
                        notify()
                    case TextWasReasoning():
                        reply.reasoning += reply.text[start:]
                        reply.text = reply.text[:start]
                        notify()
                    case Call():
                        calls.append(event)
                    case Finish():
                        if not is_over:
                            limit.reschedule(loop.time() + min(idle, AFTER_FINISH_SECONDS))
                        finish, is_over = event, True
    except TimeoutError:
        if finish is None:
            raise ProviderError("silent") from None
    except ProviderError as error:
        if finish is None:
            raise
        logger.warning("reply %s: %s after its finish", reply.pk, error.kind)
    _judge(reply, finish, calls)
    return calls


def _judge(reply: Reply, finish: Finish | None, calls: list[Call]) -> None:
    """Raise `ProviderError` for a response that was read to its end and is no reply."""
    if finish is None:
        raise ProviderError("cut_off" if reply.text or reply.reasoning or calls else "empty")
    if finish.reason == "refused":
        raise ProviderError("refused")
    if not reply.text.strip() and not calls:
        if finish.reason == "length":
            raise ProviderError("no_room")
        raise ProviderError("only_reasoning" if reply.reasoning else "empty")
    if finish.reason == "length":
        reply.note = error_messages.LENGTH
