"""The pages that an owner has open: they hear of changes to the list.

While one is open, the owner's replies go on, though no page shows them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from functools import partial  # bus
from typing import Any, Protocol

from django.db import DatabaseError
from django.utils.crypto import salted_hmac  # bus

from chat.bus import changes  # bus
from chat.conversations import activity
from chat.database import in_thread
from chat.models import Reply

logger = logging.getLogger("chat")


class Owned(Protocol):
    """An `Owner`, or a `Conversation`."""

    @property
    def user_id(self) -> Any: ...
    @property
    def visitor(self) -> str: ...


class Running(Protocol):
    """A `RunningReply`; its `reply` is there once `begun` is done."""

    begun: asyncio.Future[Reply]
    reply: Reply


_pages: dict[tuple[Any, str], set[asyncio.Event]] = {}


@contextlib.contextmanager
def watch(owner: Owned) -> Iterator[asyncio.Event]:
    """An event that is set at each change to the owner's list, while the context lasts."""
    if _key(owner) not in _pages:  # bus
        changes.listen("owner", _name(owner), partial(wake, owner))
    pages = _pages.setdefault(_key(owner), set())
    changed = asyncio.Event()
    pages.add(changed)
    try:
        yield changed
    finally:
        pages.discard(changed)
        if not pages:
            _pages.pop(_key(owner), None)
            changes.leave("owner", _name(owner))  # bus


def notify(owner: Owned) -> None:
    """Let each page of an owner look at the list again."""
    wake(owner)
    changes.tell("owner", _name(owner))  # bus


def wake(owner: Owned) -> None:
    """Let each page that an owner has open in this process look at the list again."""
    for changed in _pages.get(_key(owner), ()):
        changed.set()


def keeps(running: Running | None) -> bool:
    """Whether a reply goes on because its owner has a page open in this process."""
    return running is not None and _key(running.reply.conversation) in _pages


async def keeps_elsewhere(running: Running) -> bool:
    """Whether a reply goes on because its owner has a page open in another process."""
    others = 0
    others = await changes.listeners("owner", _name(running.reply.conversation))  # bus
    return others > 0


def is_of(owner: Owned, running: Running) -> bool:
    return running.begun.done() and _key(running.reply.conversation) == _key(owner)


async def ended(running: Running, *, is_shown: bool) -> None:
    """Tell the owner's pages that a reply has ended, and mark it as unread if none shows it."""
    if running.begun.exception():
        return
    reply = running.reply
    try:
        if not is_shown and reply.status != Reply.Status.STREAMING:
            await in_thread(activity.mark_unread)(reply)
    except (DatabaseError, OSError) as error:
        logger.warning("reply %s is not marked as unread: %s", reply.pk, error)
    notify(reply.conversation)


def _key(owner: Owned) -> tuple[Any, str]:
    return owner.user_id, owner.visitor


def _name(owner: Owned) -> str:  # bus
    """The owner as Redis may know it: the id of a visitor is a secret, as it is in the cookie."""
    key = str(_key(owner))
    return salted_hmac("chat.conversations.presence", key, algorithm="sha256").hexdigest()
