"""Versions of a reply: which one of a turn is shown, and its number among them. Docs: versions.md.

A version is a reply of the same turn. `Turn.shown` is the one that is shown; null is the newest.
"""

from typing import Any

from django.db.models import BigIntegerField, Count, Expression, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chat.models import Reply, Turn

# Replies of turns that were paged: a page may show another one than it did.
PAGED = Q(turn__shown__isnull=False)


def shown_or(newest: Expression) -> Coalesce:
    """The id of the reply that a turn shows, where `newest` is that of its newest one."""
    return Coalesce("turn__shown", newest, output_field=BigIntegerField())


def numbered(rows: "QuerySet[Reply]") -> "QuerySet[Reply]":
    """`rows` with `version_number` and `version_count`; no other version is loaded."""
    versions = Reply.objects.filter(turn=OuterRef("turn")).order_by()
    return rows.annotate(
        version_number=_count(versions.filter(pk__lte=OuterRef("pk"))),
        version_count=_count(versions),
    )


def _count(rows: "QuerySet[Reply]") -> Subquery:
    return Subquery(rows.values("turn").annotate(count=Count("pk")).values("count"))


def prepare_next(last: Reply, prompt: str = "") -> dict[str, Any]:
    """Let a turn show the version that comes after `last`, and return that one's fields. Blocks."""
    Turn.objects.filter(pk=last.turn_id).update(shown=None)
    return {"prompt": prompt or last.prompt}


def pager(reply: Any) -> dict[str, int]:
    """What `versions/pager.html` needs of a `numbered` reply; 0 where there is no such version."""
    number, count = reply.version_number, reply.version_count
    following = number + 1 if number < count else 0
    return {"number": number, "count": count, "previous": number - 1, "next": following}
