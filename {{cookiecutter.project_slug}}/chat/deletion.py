"""Deletes conversations, with their turns, replies and tool calls. Everything here blocks."""

from django.db import transaction
from django.db.models import QuerySet

from chat.models import Conversation
from chat.owners import Owner

# SQLite has one writer: replies that stream are saved between two batches.
BATCH = 100


def delete_all(owner: Owner) -> int:
    """Delete every conversation of an owner, and return how many there were.

    Stop those that stream first: a reply whose row is gone is still read from the model for up to a
    second.
    """
    return delete(Conversation._base_manager.filter(**owner.fields))


def delete(conversations: "QuerySet[Conversation]") -> int:
    """Delete conversations in batches, each in a transaction, and return how many.

    One that is no longer among `conversations` when its batch comes stays.
    """
    ids = list(conversations.values_list("pk", flat=True))
    deleted = 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with transaction.atomic():
            # PostgreSQL: no turn is committed from here on, so that the next query sees them all.
            # SQLite's transaction locks out every other writer by itself.
            list(conversations.select_for_update().filter(pk__in=batch).order_by("pk"))
            _, by_table = conversations.filter(pk__in=batch).delete()
        deleted += by_table.get(Conversation._meta.label, 0)
    return deleted
