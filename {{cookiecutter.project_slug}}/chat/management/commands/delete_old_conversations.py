"""Deletes the conversations that nobody has used for a while, and expired sessions.

It is meant to run once a day: see docs/export.md.
"""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chat import deletion
from chat.models import Conversation, Reply, Turn

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Deletes conversations without a new turn or reply for some days, and expired sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Not int: argparse would refuse a word without saying which numbers it takes.
        parser.add_argument(
            "--days",
            help="how long a conversation is kept after its last turn or reply; 0: for ever. "
            "Default: CHAT_DELETE_AFTER_DAYS",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only say how many would be deleted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        days = _days(options["days"])
        deleted = "Would delete" if is_dry else "Deleted"
        if days:
            old = older_than(timezone.now() - timedelta(days=days))
            count = old.count() if is_dry else deletion.delete(old)
            kept = f"whose last turn or reply is more than {_number(days, 'day')} old"
            self.stdout.write(f"{deleted} {_number(count, 'conversation')} {kept}.")
        else:
            self.stdout.write("Conversations are kept for ever: the number of days is 0.")
        expired = _expired_sessions()
        if not is_dry:
            call_command("clearsessions")
        self.stdout.write(f"{deleted} {_number(expired, 'expired session')}.")


def older_than(time: datetime) -> "QuerySet[Conversation]":
    """The conversations whose last turn or reply is from before `time`.

    None of them streams. A reply that waits for Allow or Deny does not: no process holds it.
    """
    replies = Reply.objects.filter(conversation=OuterRef("pk"))
    return Conversation.objects.filter(
        ~Exists(Turn.objects.filter(conversation=OuterRef("pk"), created_at__gte=time)),
        ~Exists(replies.filter(saved_at__gte=time)),
        ~Exists(replies.filter(status=Reply.Status.STREAMING).exclude(process="")),
        created_at__lt=time,
    )


def _days(given: str | int | None) -> int:
    """Raises `CommandError` unless it is a number of days."""
    name, value = "--days", given
    if given is None:
        name, value = "CHAT_DELETE_AFTER_DAYS", settings.CHAT_DELETE_AFTER_DAYS
    try:
        days = int(str(value))
    except ValueError:
        days = -1
    if not 0 <= days <= MOST_DAYS:
        raise CommandError(
            f"{name}={value!r} is not understood. Use a whole number from 0 to {MOST_DAYS}."
        )
    return days


def _expired_sessions() -> int:
    """How many there are in the database; sessions that are elsewhere are not counted."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(store, "get_model_class"):
        return 0
    expired = store.get_model_class().objects.filter(expire_date__lt=timezone.now())
    count: int = expired.count()
    return count


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
