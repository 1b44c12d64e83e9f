"""Deletes conversations so that Undo can bring them back for a while. Everything here blocks."""

from datetime import timedelta

from django.utils import timezone

from chat import deletion
from chat.models import Conversation
from chat.owners import Owner

# Undo is shown for this long. Then the rows go away.
UNDO_SECONDS = 20


def delete(conversation: Conversation) -> None:
    """Hide a conversation from everything but Undo."""
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())


def undo(owner: Owner, conversation: Conversation) -> bool:
    """Bring a conversation of the owner back. Returns whether it is still there."""
    deleted = Conversation.with_deleted.filter(**owner.fields, pk=conversation.pk)
    return deleted.update(deleted_at=None) == 1


def purge() -> None:
    """Delete what Undo brings back no more, with all its turns."""
    long_ago = timezone.now() - timedelta(seconds=UNDO_SECONDS)
    deletion.delete(Conversation.with_deleted.filter(deleted_at__lte=long_ago))
