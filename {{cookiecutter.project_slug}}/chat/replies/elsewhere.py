"""Replies that other processes stream: who watches them, which have begun, and which have died."""

import asyncio
import logging
from collections.abc import Callable, Collection, Container, Coroutine
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from chat.conversations import presence  # conversations
from chat.database import in_thread
from chat.models import Reply  # conversations
from chat.replies import (
    approval,  # tools
    rows_elsewhere,
)
from chat.replies.heartbeats import Heartbeats  # bus

logger = logging.getLogger("chat")

# While a page of another process shows a reply, it writes so into the row at least this often.
WATCHED_SECONDS = 5
# How long that row is waited for. Without an answer by then, nobody counts as watching.
ANSWER_SECONDS = 5
# How often the process looks for replies that other processes have begun, and while they stream,
# whether these processes have died.
LOOK_SECONDS = 1

Resume = Callable[[UUID], Coroutine[Any, Any, None]]  # tools


async def is_watched(reply_id: int, seconds: float = WATCHED_SECONDS) -> bool:
    """Whether a page of another process has shown a reply within so many seconds, or a few more.

    False if the database cannot say it soon: nobody is to pay for a reply that nobody may see.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            watched: bool = await in_thread(rows_elsewhere.is_watched)(
                reply_id, max(seconds, WATCHED_SECONDS)
            )
    except (DatabaseError, TimeoutError) as error:
        logger.warning("whether a page elsewhere shows reply %s is unknown: %r", reply_id, error)
        return False
    return watched


async def look(
    watched: Container[UUID],
    notify: Callable[[UUID], None],
    resume: Resume | None = None,  # tools
) -> None:
    """Look at the rows of other processes from time to time, and never return.

    Interrupts replies of processes that have died, and notifies of new ones in a conversation that
    is `watched` here. Lists of conversations hear of each that begins and ends. `resume` is called
    with the conversation of a reply that the user has answered and no process goes on with.
    """
    newest: int | None = None
    heartbeats = Heartbeats()  # bus
    streaming: dict[UUID, Reply] = {}  # conversations
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            newest, rows = await in_thread(rows_elsewhere.since)(newest)
            found = {row.conversation_id: row for row in rows if rows_elsewhere.is_of_another(row)}
            silent: set[str] = set()
            silent = await heartbeats.missing({each.process for each in found.values()})  # bus
            if found:
                await in_thread(rows_elsewhere.interrupt_dead)(silent)
            if resume is not None:  # tools
                waiting = [row.conversation_id for row in rows if row.is_waiting]
                await _resume_answered(waiting, resume)
        except (DatabaseError, OSError) as error:
            logger.warning("cannot look at the replies of other processes: %s", error)
        else:
            for conversation_id in found:
                if conversation_id in watched:
                    notify(conversation_id)
            for conversation_id in found.keys() ^ streaming.keys():  # conversations
                presence.wake((found | streaming)[conversation_id].conversation)
            streaming = found  # conversations


async def _resume_answered(waiting: Collection[UUID], resume: Resume) -> None:  # tools
    for conversation_id in await in_thread(approval.answered)(waiting) if waiting else ():
        try:
            await resume(conversation_id)
        except Exception:
            # All else that is looked at must not depend on one reply.
            logger.exception("conversation %s does not go on yet", conversation_id)
