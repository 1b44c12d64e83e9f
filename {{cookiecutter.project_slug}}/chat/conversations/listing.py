"""One owner's conversations, newest activity first, grouped by day, and a search in them.

It blocks, and asks the database twice: the second time for what Undo brings back.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from chat.conversations import trash
from chat.models import Conversation, Reply, Turn
from chat.owners import Owner

PAGE = 50
# Each word of a query costs three subqueries, and there is one thread for queries on SQLite.
MAXIMUM_WORDS = 8
QUERY_CHARS = 200
EMPTY = "No conversations yet."
NOTHING_FOUND = "Nothing found."


@dataclass(frozen=True)
class Look:
    """What a page shows of the list: what is searched for, how many rows, and which is renamed."""

    query: str = ""
    count: int = PAGE
    renaming: str = ""


def listing(owner: Owner, look: Look) -> dict[str, Any]:
    """The state of the list for `_conversations.html`."""
    rows = list(_found(owner, look.query)[: look.count + 1])
    shown = rows[: look.count]
    message = EMPTY
    if look.query:
        message = NOTHING_FOUND
    today = timezone.localdate()
    deleted = trash.newest(owner)
    groups = groupby(shown, lambda row: timezone.localtime(row.active_at).date())
    return {
        "days": [
            {"name": _name(day, today), "conversations": [_entry(row, look) for row in rows_of_day]}
            for day, rows_of_day in groups
        ],
        "deleted": {"id": str(deleted.pk), "title": _title(deleted)} if deleted else {},
        "export_all": reverse("export_all"),  # export
        "has_more": len(rows) > len(shown),
        "list_message": "" if shown else message,
    }


def streaming(owner: Owner) -> list[UUID]:
    """The conversations of the owner in which a reply streams."""
    mine = {f"conversation__{field}": value for field, value in owner.fields.items()}
    replies = Reply.objects.filter(**mine, status=Reply.Status.STREAMING)
    return list(replies.values_list("conversation", flat=True))


def _found(owner: Owner, query: str) -> Any:
    """The conversations that contain each word of `query`, in their titles or messages.

    Only the first MAXIMUM_WORDS different words count.
    """
    mine = Conversation.objects.filter(**owner.fields)
    of_row = {"conversation": OuterRef("pk")}
    for word in list(dict.fromkeys(query.split()))[:MAXIMUM_WORDS]:
        written = _contains("text", word)
        written |= _contains("prompt", word)  # versions
        mine = mine.filter(
            _contains("title", word)
            | Exists(Turn.objects.filter(_contains("prompt", word), **of_row))
            | Exists(Reply.objects.filter(written, **of_row))
        )
    is_streaming = Exists(Reply.objects.filter(**of_row, status=Reply.Status.STREAMING))
    return (
        mine.annotate(is_streaming=is_streaming)
        .only("title", "active_at", "is_unread")
        .order_by("-active_at", "pk")
    )


def _contains(field: str, word: str) -> Q:
    """Whether a field contains a word, in upper or lower case.

    For SQLite's `icontains` only the letters of ASCII have no case. So a word with others is looked
    for as people write it, too: small, with a capital, and in capitals.
    """
    spellings = {word}
    if not word.isascii():
        spellings |= {word.lower(), word.capitalize(), word.upper()}
    return Q(*((f"{field}__icontains", each) for each in sorted(spellings)), _connector=Q.OR)


def _entry(row: Any, look: Look) -> dict[str, Any]:
    title = _title(row)
    return {
        "id": str(row.pk),
        "title": title,
        "renamed": [title] if str(row.pk) == look.renaming else [],
        "address": reverse("conversation", args=[row.pk]),
        "is_streaming": row.is_streaming,
        "is_unread": row.is_unread and not row.is_streaming,
    }


def _title(row: Any) -> str:
    return row.title or "Untitled"


def _name(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return date_format(day, "j F" if day.year == today.year else "j F Y")
