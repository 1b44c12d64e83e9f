"""Versions of a reply: which one is shown, and that the model is told what is shown."""

import pytest
from pytest_django import DjangoAssertNumQueries

from chat import queries
from chat.models import Conversation, Reply, Turn
from chat.provider.messages import Message
from chat.replies import rows, versions

pytestmark = pytest.mark.django_db
Status = Reply.Status


@pytest.fixture
def conversation() -> Conversation:
    return Conversation.objects.create(visitor="somebody")


def end(begun: rows.Begun, text: str = "", status: Status = Status.COMPLETE) -> Reply:
    reply, _ = begun
    reply.status, reply.text = status, text
    assert rows.save(reply)
    return reply


def shown(conversation: Conversation) -> list[tuple[str, str, str]]:
    """Each turn as the page shows it: its prompt, its reply, and the number of its version."""
    return [
        (reply.asked, reply.text, f"{reply.version_number} of {reply.version_count}")  # type: ignore[attr-defined]
        for _, reply in queries.turns(conversation)
    ]


def told(conversation: Conversation) -> list[str]:
    """The messages that the model gets with the next prompt."""
    _, request = rows.ask(conversation, "next")
    return [message.text for message in request.messages]


def test_the_newest_is_shown_until_another_one_is(conversation: Conversation) -> None:
    turn = end(rows.ask(conversation, "one"), "a").turn
    end(versions.regenerate(conversation), "b")
    newest = end(versions.regenerate(conversation, turn.pk), "c")
    assert shown(conversation) == [("one", "c", "3 of 3")]
    first = turn.replies.earliest("pk")
    assert versions.show(conversation, turn.pk, 1) == (first.pk, 3)
    assert shown(conversation) == [("one", "a", "1 of 3")]
    assert queries.last_reply(conversation) == first
    assert versions.show(conversation, turn.pk, 3) == (newest.pk, 3)
    assert shown(conversation) == [("one", "c", "3 of 3")]


def test_the_model_is_told_what_is_shown(conversation: Conversation) -> None:
    first = end(rows.ask(conversation, "one"), "a").turn
    end(versions.edit(conversation, "two"), "b")
    end(rows.ask(conversation, "three"), "c")
    versions.show(conversation, first.pk, 1)
    assert told(conversation) == ["one", "a", "three", "c", "next"]


def test_a_new_version_is_asked_for_without_the_one_before(conversation: Conversation) -> None:
    end(rows.ask(conversation, "one"), "a")
    end(rows.ask(conversation, "two"), "b")
    _, request = versions.regenerate(conversation)
    assert request.messages == [
        Message("user", "one"),
        Message("assistant", "a"),
        Message("user", "two"),
    ]


def test_an_edited_prompt_is_that_of_its_version_and_of_those_after_it(
    conversation: Conversation,
) -> None:
    turn = end(rows.ask(conversation, "one"), "a").turn
    edited, request = versions.edit(conversation, " two\n ")
    assert request.messages == [Message("user", " two\n ")]
    end((edited, request), "b", Status.FAILED)
    _, request = again = rows.ask_again(conversation)
    assert request.messages == [Message("user", " two\n ")]
    end(again, "c")
    end(versions.regenerate(conversation), "d")
    assert shown(conversation) == [(" two\n ", "d", "4 of 4")]
    versions.show(conversation, turn.pk, 1)
    assert shown(conversation) == [("one", "a", "1 of 4")]
    # What is shown is what is asked again.
    end(versions.regenerate(conversation), "e")
    assert shown(conversation) == [("one", "e", "5 of 5")]
    turn.refresh_from_db()
    assert turn.prompt == "one"


def test_retry_after_paging_back_is_a_version_of_what_is_shown(conversation: Conversation) -> None:
    turn = end(rows.ask(conversation, "one"), status=Status.FAILED).turn
    end(versions.edit(conversation, "two"), "b")
    versions.show(conversation, turn.pk, 1)
    end(rows.ask_again(conversation), "c")
    assert shown(conversation) == [("one", "c", "3 of 3")]


def test_nothing_changes_while_a_reply_streams(conversation: Conversation) -> None:
    first = end(rows.ask(conversation, "one"), "a").turn
    end(versions.regenerate(conversation), "b")
    versions.show(conversation, first.pk, 1)
    streaming, _ = rows.ask(conversation, "two")
    for change in (
        lambda: versions.show(conversation, first.pk, 2),
        lambda: versions.show(conversation, streaming.turn_id, 1),
        lambda: versions.regenerate(conversation),
        lambda: versions.edit(conversation, "three"),
    ):
        with pytest.raises(rows.BusyError):
            change()
    assert shown(conversation) == [("one", "a", "1 of 2"), ("two", "", "1 of 1")]


def test_only_the_last_turn_gets_another_version(conversation: Conversation) -> None:
    first = end(rows.ask(conversation, "one"), "a").turn
    end(rows.ask(conversation, "two"), "b")
    with pytest.raises(versions.NotLastError):
        versions.regenerate(conversation, first.pk)
    with pytest.raises(versions.NotLastError):
        versions.edit(conversation, "three", first.pk)
    assert conversation.replies.count() == 2


def test_what_there_is_not_is_not_shown(conversation: Conversation) -> None:
    turn = end(rows.ask(conversation, "one"), "a").turn
    other = Conversation.objects.create(visitor="somebody else")
    end(rows.ask(other, "other"), "x")
    foreign = end(versions.regenerate(other), "y").turn
    for number in (-1, 0, 2, 10**30):
        assert versions.show(conversation, turn.pk, number) is None
    for turn_id in (0, foreign.pk, 10**30):
        assert versions.show(conversation, turn_id, 1) is None
    assert set(Turn.objects.values_list("shown", flat=True)) == {None}
    with pytest.raises(rows.NothingToRetryError):
        versions.regenerate(Conversation.objects.create(visitor="nobody"))


def test_versions_need_no_query_of_their_own(
    conversation: Conversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        turn = end(rows.ask(conversation, "one"), "a").turn
        for _ in range(3):
            end(versions.regenerate(conversation), "b")
        versions.show(conversation, turn.pk, 2)
    with django_assert_num_queries(1):
        assert shown(conversation) == [("one", "b", "2 of 4")] * 3
    with django_assert_num_queries(1):
        assert queries.last_reply(conversation) is not None


def test_a_conversation_with_versions_can_be_deleted(conversation: Conversation) -> None:
    turn = end(rows.ask(conversation, "one"), "a").turn
    end(versions.regenerate(conversation), "b")
    versions.show(conversation, turn.pk, 1)
    conversation.delete()
    assert not Reply.objects.exists()
