"""Regenerate, Edit and paging: writes of the versions of a reply. All of them block."""

from django.db import transaction

from chat import error_messages, queries, versions
from chat.database import few_round_trips
from chat.models import Conversation, Reply, Turn
from chat.replies import rows


class NotLastError(error_messages.RefusedError):
    """The conversation has gone on since the page showed its last turn."""

    def __init__(self) -> None:
        super().__init__(error_messages.NOT_LAST)


def regenerate(conversation: Conversation, turn: int = 0) -> rows.Begun:
    """Add a version to the last turn, also where its reply is complete.

    Raises `NotLastError` if `turn` is given and is another one, and what `rows.ask_again` raises.
    """
    return _add(conversation, turn)


def edit(conversation: Conversation, prompt: str, turn: int = 0) -> rows.Begun:
    """`regenerate` with another prompt."""
    return _add(conversation, turn, prompt)


def _add(conversation: Conversation, turn: int, prompt: str = "") -> rows.Begun:
    with few_round_trips():
        last = queries.last_reply(conversation)
        if last is None:
            conversation.refresh_from_db()  # It may have been deleted.
        if last is None:
            raise rows.NothingToRetryError
        if turn not in (0, last.turn_id):
            raise NotLastError
        last.turn.conversation = conversation
        return rows.add_reply(last.turn, **versions.prepare_next(last, prompt))


def show(conversation: Conversation, turn_id: int, number: int) -> tuple[int, int] | None:
    """Show the version of a turn that has this number, from 1 on.

    Returns the id of its reply and how many versions there are; None if there is no such version.
    Raises `BusyError` while a reply of the conversation streams.
    """
    with transaction.atomic():
        # Locked, so that no version is added between the two checks and the update.
        turns = Turn.objects.select_for_update().filter(pk=turn_id, conversation=conversation)
        turn = turns.first()
        if turn is None:
            return None
        if conversation.replies.filter(status=Reply.Status.STREAMING).exists():
            raise rows.BusyError
        ids = list(turn.replies.values_list("pk", flat=True))
        if not 1 <= number <= len(ids):
            return None
        turns.update(shown=ids[number - 1])
        return ids[number - 1], len(ids)
