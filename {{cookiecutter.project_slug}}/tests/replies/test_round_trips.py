"""How often a prompt waits for the database before its request is sent."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation
from chat.replies import (
    approval,  # tools
    rows,
    rows_elsewhere,
    versions,  # versions
)
from tests.conversation_rows import ended

pytestmark = pytest.mark.django_db(transaction=True)

# What returns rows is waited for; anything else goes out with it (database.few_round_trips).
WAITED_FOR = ("SELECT", "COMMIT", "SAVEPOINT", "RELEASE")


def round_trips(begin: Callable[[], rows.Begun]) -> int:
    with CaptureQueriesContext(connection) as captured:
        begin()
    statements = [query["sql"] for query in captured.captured_queries]
    return sum(sql.startswith(WAITED_FOR) or " RETURNING " in sql for sql in statements)


def test_a_prompt_waits_four_times_at_most() -> None:
    blank = Conversation(visitor="somebody")
    assert round_trips(lambda: rows.ask(blank, "first")) <= 4
    conversation = Conversation.objects.get()
    ended(conversation.replies.get(), "one")
    assert round_trips(lambda: rows.ask(conversation, "second")) <= 4
    ended(conversation.replies.get(turn__prompt="second"), "", status="failed")
    assert round_trips(lambda: rows.ask_again(conversation)) <= 4
    ended(conversation.replies.latest("pk"), "three")  # versions
    assert round_trips(lambda: versions.edit(conversation, "third")) <= 4  # versions


def test_a_conversation_of_somebody_else_is_asked_nothing() -> None:
    """A page may name any conversation that no row has yet."""
    reply, _ = rows.ask(Conversation(visitor="somebody"), "mine")
    ended(reply, "one")
    taken = reply.conversation
    with pytest.raises(Conversation.DoesNotExist):
        rows.ask(Conversation(pk=taken.pk, visitor="else"), "not mine")
    assert [turn.prompt for turn in taken.turns.all()] == ["mine"]


@pytest.mark.parametrize(
    "stop",
    [
        rows_elsewhere.stop,
        approval.stop,  # tools
    ],
)
def test_a_stop_of_nothing_only_reads(stop: Callable[[UUID], object]) -> None:
    """Esc often stops nothing, and a transaction holds up every writer of SQLite."""
    reply, _ = rows.ask(Conversation(visitor="somebody"), "first")
    ended(reply, "one")
    with CaptureQueriesContext(connection) as captured:
        assert not stop(reply.conversation_id)
    assert [query["sql"].split()[0] for query in captured.captured_queries] == ["SELECT"]
