"""Step 8: earlier turns go before the prompt."""

import pytest

from chat.models import Conversation, Reply
from chat.queries import history
from chat.replies import rows

pytestmark = pytest.mark.django_db


def ask(conversation: Conversation, prompt: str) -> Reply:
    """The row of a new reply, as it is while it streams."""
    return rows.ask(conversation, prompt)[0]


def end(reply: Reply, text: str, status: str = "complete") -> None:
    reply.text, reply.status = text, Reply.Status(status)
    rows.save(reply)


def said(reply: Reply) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in history(reply)]


def test_the_first_turn() -> None:
    """The first prompt goes alone, as it was typed."""
    reply = ask(Conversation(visitor="exercises"), " one\n")
    assert said(reply) == [("user", " one\n")]


def test_earlier_turns() -> None:
    """Earlier prompts and replies go before, the oldest first."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1")
    second = ask(first.conversation, "two")
    end(second, "2")
    third = ask(first.conversation, "three")
    expected = [("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2")]
    assert said(third) == [*expected, ("user", "three")]


def test_a_stopped_reply() -> None:
    """A reply that was stopped counts as far as it came."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1, 2", "stopped")
    second = ask(first.conversation, "two")
    assert said(second) == [("user", "one"), ("assistant", "1, 2"), ("user", "two")]


def test_a_blank_reply() -> None:
    """A reply without text is left out: some providers refuse a blank message."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, " ", "failed")
    second = ask(first.conversation, "two")
    assert said(second) == [("user", "one"), ("user", "two")]


def test_a_second_attempt() -> None:
    """Of a turn that was asked twice, the model is told only what the page shows."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "half", "stopped")
    again = rows.ask_again(first.conversation)[0]
    assert said(again) == [("user", "one")]
    end(again, "whole")
    second = ask(first.conversation, "two")
    assert said(second) == [("user", "one"), ("assistant", "whole"), ("user", "two")]


def test_somebody_elses() -> None:
    """A conversation that has another owner by now has no history: the reply is not begun."""
    reply = ask(Conversation(visitor="exercises"), "one")
    reply.conversation.visitor = "somebody else"
    with pytest.raises(Conversation.DoesNotExist):
        history(reply)
