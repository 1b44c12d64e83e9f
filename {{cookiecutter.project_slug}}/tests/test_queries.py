"""Turns and replies: one reply at a time, no second copy of a prompt, and everybody's own."""

import pytest

from chat import queries
from chat.models import Conversation, Reply
from chat.provider.events import Message

pytestmark = pytest.mark.django_db
Status = Reply.Status


@pytest.fixture
def conversation() -> Conversation:
    return queries.current("somebody")


def end(reply: Reply, status: Status, text: str = "") -> Reply:
    reply.status, reply.text = status, text
    assert queries.save(reply)
    return reply


def test_a_second_send_while_a_reply_streams_leaves_one_turn(conversation: Conversation) -> None:
    queries.ask(conversation, "first")
    with pytest.raises(queries.BusyError):
        queries.ask(conversation, "second")
    assert [turn.prompt for turn in conversation.turns.all()] == ["first"]
    assert conversation.replies.count() == 1


def test_the_model_is_told_earlier_turns_and_then_the_prompt_unchanged(
    conversation: Conversation,
) -> None:
    end(queries.ask(conversation, "one"), Status.COMPLETE, "1")
    end(queries.ask(conversation, "two"), Status.FAILED)
    end(queries.ask(conversation, "three"), Status.STOPPED, "part of 3")
    end(queries.ask(conversation, "blank"), Status.STOPPED, "\n ")
    reply = queries.ask(conversation, "  four\n  as typed ")
    assert queries.history(reply) == [
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
    end(queries.ask(conversation, "one"), Status.COMPLETE, "1")
    failed = end(queries.ask(conversation, "two"), status, "half of 2")
    again = queries.ask_again(conversation)
    assert again is not None
    assert again.turn == failed.turn
    assert queries.history(again) == queries.history(failed)
    assert [turn.prompt for turn, _ in queries.turns(conversation)] == ["one", "two"]


def test_retry_keeps_what_had_arrived(conversation: Conversation) -> None:
    failed = end(queries.ask(conversation, "one"), Status.FAILED, "half")
    queries.ask_again(conversation)
    failed.refresh_from_db()
    assert failed.text == "half"


def test_a_whole_reply_is_not_retried(conversation: Conversation) -> None:
    assert queries.ask_again(conversation) is None
    end(queries.ask(conversation, "one"), Status.COMPLETE, "1")
    assert queries.ask_again(conversation) is None


def test_a_reply_ends_once(conversation: Conversation) -> None:
    reply = end(queries.ask(conversation, "one"), Status.STOPPED, "part")
    reply.status = Status.COMPLETE
    assert not queries.save(reply)
    reply.refresh_from_db()
    assert reply.status == Status.STOPPED


def test_another_owners_conversation_is_as_one_that_does_not_exist(
    conversation: Conversation,
) -> None:
    assert queries.shown("somebody", conversation.pk) == conversation
    assert queries.shown("somebody else", conversation.pk) is None
    assert queries.shown("somebody", "not an id") is None
    assert queries.current("somebody else") != conversation


def test_new_chat_makes_no_heap_of_empty_conversations(conversation: Conversation) -> None:
    assert queries.new("somebody") == conversation
    end(queries.ask(conversation, "one"), Status.COMPLETE, "1")
    new = queries.new("somebody")
    assert new != conversation
    assert queries.current("somebody") == new
