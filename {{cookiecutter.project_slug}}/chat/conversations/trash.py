"""Deletes conversations so that Undo can bring them back for a while.

Everything here blocks, except `purge_later`.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from chat import deletion
from chat.conversations import presence
from chat.database import in_thread
from chat.models import Conversation
from chat.owners import Owner

logger = logging.getLogger("chat")

# Undo is shown for this long. Then the rows go away.
UNDO_SECONDS = 20

# The event loop itself keeps no reference to a task.
_purges: set[asyncio.Task[None]] = set()


def delete(conversation: Conversation) -> None:
    """Hide a conversation from everything but Undo."""
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())


def newest(owner: Owner) -> Conversation | None:
    """What the owner has deleted last, with its title, if Undo still brings it back."""
    deleted = Conversation.with_deleted.filter(**owner.fields, deleted_at__gt=_long_ago())
    return deleted.order_by("-deleted_at").only("title").first()


def undo(owner: Owner, conversation_id: UUID | str) -> bool:
    """Bring a conversation of the owner back. Returns whether it is still there."""
    try:
        deleted = Conversation.with_deleted.filter(**owner.fields, pk=conversation_id)
    except ValidationError:  # not a UUID
        return False
    return deleted.update(deleted_at=None) == 1


def purge() -> None:
    """Delete what Undo brings back no more, with all its turns."""
    deletion.delete(Conversation.with_deleted.filter(deleted_at__lte=_long_ago()))


def purge_later(owner: Owner) -> None:
    """Purge once Undo no longer brings back what is deleted now, and tell the owner's pages."""
    _purges.add(purging := asyncio.create_task(_purge_after(owner, UNDO_SECONDS)))
    purging.add_done_callback(_purges.discard)


async def _purge_after(owner: Owner, seconds: float) -> None:
    await asyncio.sleep(seconds)
    try:
        await in_thread(purge)()
    except (DatabaseError, OSError) as error:
        logger.warning("deleted conversations are purged later: %s", error)
    presence.notify(owner)


def _long_ago() -> datetime:
    return timezone.now() - timedelta(seconds=UNDO_SECONDS)
