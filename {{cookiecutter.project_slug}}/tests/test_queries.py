"""Turns and replies: one reply at a time, no second copy of a prompt, and everybody's own."""

import uuid

import pytest
from django.db import IntegrityError

from chat import queries
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.provider.messages import Message
from chat.replies import rows

pytestmark = pytest.mark.django_db
Status = Reply.Status
SOMEBODY = Owner(visitor="somebody")
SOMEBODY_ELSE = Owner(visitor="somebody else")


@pytest.fixture
def conversation() -> Conversation:
    return Conversation.objects.create(visitor="somebody")


def ask(conversation: Conversation, prompt: str) -> Reply:
    reply, _ = rows.ask(conversation, prompt)
    return reply


def end(reply: Reply, status: Status, text: str = "") -> Reply:
    reply.status, reply.text = status, text
    assert rows.save(reply)
    return reply


def test_a_second_send_while_a_reply_streams_leaves_one_turn(conversation: Conversation) -> None:
    ask(conversation, "first")
    with pytest.raises(rows.BusyError):
        ask(conversation, "second")
    assert [turn.prompt for turn in conversation.turns.all()] == ["first"]
    assert conversation.replies.count() == 1


def test_a_row_that_is_refused_for_another_reason_is_not_busy(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**fields: object) -> Reply:
        raise IntegrityError("NOT NULL constraint failed: chat_reply.note")

    monkeypatch.setattr(Reply.objects, "create", refused)
    with pytest.raises(IntegrityError):
        ask(conversation, "first")


def test_the_model_is_told_earlier_turns_and_then_the_prompt_unchanged(
    conversation: Conversation,
) -> None:
    end(ask(conversation, "one"), Status.COMPLETE, "1")
    end(ask(conversation, "two"), Status.FAILED)
    end(ask(conversation, "three"), Status.STOPPED, "part of 3")
    end(ask(conversation, "blank"), Status.STOPPED, "\n ")
    _, request = rows.ask(conversation, "  four\n  as typed ")
    assert request.messages == [
        Message("user", "one"),
        Message("assistant", "1"),
        Message("user", "two"),
        Message("user", "three"),
        Message("assistant", "part of 3"),
        Message("user", "blank"),
        Message("user", "  four\n  as typed "),
    ]


@pytest.mark.parametrize("status", [Status.FAILED, Status.STOPPED, Status.INTERRUPTED])
def test_retry_asks_the_same_without_a_second_copy(
    conversation: Conversation, status: Status
) -> None:
    end(ask(conversation, "one"), Status.COMPLETE, "1")
    failed = end(ask(conversation, "two"), status, "half of 2")
    again, request = rows.ask_again(conversation)
    assert again.turn == failed.turn
    assert request.messages == queries.history(failed)
    assert [turn.prompt for turn, _ in queries.turns(conversation)] == ["one", "two"]
    assert queries.turns(conversation)[-1][1] == again == queries.last_reply(conversation)


def test_retry_keeps_what_had_arrived(conversation: Conversation) -> None:
    failed = end(ask(conversation, "one"), Status.FAILED, "half")
    rows.ask_again(conversation)
    failed.refresh_from_db()
    assert failed.text == "half"


def test_a_whole_reply_is_not_retried(conversation: Conversation) -> None:
    with pytest.raises(rows.NothingToRetryError):
        rows.ask_again(conversation)
    end(ask(conversation, "one"), Status.COMPLETE, "1")
    with pytest.raises(rows.NothingToRetryError):
        rows.ask_again(conversation)


def test_a_reply_ends_once(conversation: Conversation) -> None:
    reply = end(ask(conversation, "one"), Status.STOPPED, "part")
    reply.status = Status.COMPLETE
    assert not rows.save(reply)
    reply.refresh_from_db()
    assert reply.status == Status.STOPPED


def test_another_owners_conversation_is_as_one_that_does_not_exist(
    conversation: Conversation,
) -> None:
    assert queries.find(SOMEBODY, conversation.pk) == conversation
    assert queries.find(SOMEBODY_ELSE, conversation.pk) is None
    assert queries.find(SOMEBODY, "not an id") is None
    assert queries.find_or_blank(SOMEBODY_ELSE, str(conversation.pk)) is None
    assert queries.find_or_blank(SOMEBODY, "not an id") is None
    assert queries.newest(SOMEBODY_ELSE) is None


def test_a_blank_conversation_is_inserted_with_its_first_prompt() -> None:
    name = str(uuid.uuid4())
    blank = queries.find_or_blank(SOMEBODY, name)
    assert blank is not None
    assert not Conversation.objects.exists()
    reply = ask(blank, "first")
    assert queries.find_or_blank(SOMEBODY, name) == reply.conversation
    assert str(reply.conversation.pk) == name


def test_every_tab_has_the_same_blank_conversation_until_its_first_prompt() -> None:
    blank = queries.blank(SOMEBODY)
    assert queries.blank(SOMEBODY) == blank
    assert queries.blank(SOMEBODY_ELSE) != blank
    end(ask(blank, "one"), Status.COMPLETE, "1")
    # The second tab still has the object that is not saved.
    end(ask(Conversation(pk=blank.pk, visitor="somebody"), "two"), Status.COMPLETE, "2")
    assert [turn.prompt for turn, _ in queries.turns(blank)] == ["one", "two"]
    assert queries.blank(SOMEBODY) != blank
