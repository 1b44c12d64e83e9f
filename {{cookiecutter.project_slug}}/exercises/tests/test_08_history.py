"""Step 8: earlier turns go before the prompt."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Reply
from chat.provider.messages import Message
from chat.queries import history
from chat.replies import rows, versions

pytestmark = pytest.mark.django_db


def ask(conversation: Conversation, prompt: str) -> Reply:
    """The row of a new reply, as it is while it streams."""
    return rows.ask(conversation, prompt)[0]


def end(reply: Reply, text: str, status: str = "complete") -> None:
    reply.text, reply.status = text, Reply.Status(status)
    rows.save(reply)


def call_tool(reply: Reply) -> None:
    """Give a reply of the model "first" a tool call, with what only that model can read."""
    reply.model, reply.call_count = "first", 1
    reply.save()
    reply.tool_calls.create(
        round=0,
        position=0,
        call_id="1",
        name="current_time",
        arguments="{}",
        extra={"read by": "first"},
        status="complete",
        result="12:00",
    )


def user(text: str) -> tuple[str, str]:
    return ("user", text)


def assistant(text: str) -> tuple[str, str]:
    return ("assistant", text)


def is_told(reply: Reply, *expected: tuple[str, str]) -> list[Message]:
    """The messages for `reply`. Fails with a sentence unless they are what is `expected`."""
    messages = history(reply)
    for each in messages:
        assert isinstance(each, Message), (
            f"A message is {each}, and no `Message`. What `_said` gives is a list already."
        )
    found = [(message.role, message.text) for message in messages]
    assert found == [*expected], f"The model is told {found}, not {[*expected]}."
    return messages


def is_refused(reply: Reply, whose: str) -> None:
    """Fail with a sentence unless there is no history for `reply`."""
    try:
        found = history(reply)
    except Conversation.DoesNotExist:
        return
    pytest.fail(f"The conversation {whose}, and `history` does not raise: it returns {found}.")


def test_the_first_turn() -> None:
    """The first prompt goes alone, as it was typed."""
    reply = ask(Conversation(visitor="exercises"), " one\n")
    is_told(reply, user(" one\n"))


def test_earlier_turns() -> None:
    """Earlier prompts and replies go before, the oldest first."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1")
    second = ask(first.conversation, "two")
    end(second, "2")
    third = ask(first.conversation, "three")
    is_told(third, user("one"), assistant("1"), user("two"), assistant("2"), user("three"))


def test_an_edited_prompt() -> None:
    """Of a turn whose prompt was edited, the model is told the prompt that was asked last."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1")
    edited = versions.edit(first.conversation, prompt="ONE", turn=first.turn_id)[0]
    end(edited, "2")
    second = ask(first.conversation, "two")
    is_told(second, user("ONE"), assistant("2"), user("two"))


def test_the_last_prompt_after_edit() -> None:
    """A prompt that was edited is asked as it was edited."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1")
    edited = versions.edit(first.conversation, prompt="ONE", turn=first.turn_id)[0]
    is_told(edited, user("ONE"))


def test_another_reply_to_an_earlier_turn() -> None:
    """A turn is earlier by its place: its reply may be newer than this one."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1")
    second = ask(first.conversation, "two")
    end(second, "2")
    end(rows.add_reply(first.turn)[0], "again")
    is_told(second, user("one"), assistant("again"), user("two"))


def test_later_turns() -> None:
    """The turns of this reply and after it stay out."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "half", "stopped")
    again = rows.ask_again(first.conversation)[0]
    end(again, "whole")
    end(ask(first.conversation, "two"), "2")
    is_told(first, user("one"))


def test_a_stopped_reply() -> None:
    """A reply that was stopped counts as far as it came."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "1, 2", "stopped")
    second = ask(first.conversation, "two")
    is_told(second, user("one"), assistant("1, 2"), user("two"))


def test_a_blank_reply() -> None:
    """A reply without text is left out: some providers refuse a blank message."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, " ", "failed")
    second = ask(first.conversation, "two")
    is_told(second, user("one"), user("two"))


def test_a_second_attempt() -> None:
    """Of a turn that was asked twice, the model is told only what the page shows."""
    first = ask(Conversation(visitor="exercises"), "one")
    end(first, "half", "stopped")
    again = rows.ask_again(first.conversation)[0]
    is_told(again, user("one"))
    end(again, "whole")
    second = ask(first.conversation, "two")
    is_told(second, user("one"), assistant("whole"), user("two"))


def test_what_another_model_cannot_read() -> None:
    """What a tool call has only for its own model is not told to another one."""
    first = ask(Conversation(visitor="exercises"), "one")
    call_tool(first)
    end(first, "1")
    second = ask(first.conversation, "two")
    for model, readable in (("first", True), ("second", False)):
        second.model = model
        told = history(second)[1].results[0].call.extra is not None
        assert told == readable, (
            f"The call is of 'first', and {model!r} is asked now: which of the two reads what "
            "`_said` gives?"
        )


def test_few_queries() -> None:
    """One query loads the tool calls of all replies, and none loads the reasoning."""
    conversation = Conversation(visitor="exercises")
    for prompt in ("one", "two"):
        reply = ask(conversation, prompt)
        conversation = reply.conversation
        call_tool(reply)
        end(reply, prompt)
    reply = ask(conversation, "three")
    with CaptureQueriesContext(connection) as queries:
        history(reply)
    of_calls = [query for query in queries if "chat_toolcall" in query["sql"]]
    assert len(of_calls) == 1, f"{len(of_calls)} queries have loaded the tool calls of 2 replies."
    with_reasoning = [query for query in queries if '"reasoning"' in query["sql"]]
    assert not with_reasoning, "The reasoning was loaded, and is not sent: defer it."


def test_somebody_elses() -> None:
    """A conversation that has another owner by now has no history: the reply is not begun."""
    reply = ask(Conversation(visitor="exercises"), "one")
    reply.conversation.visitor = "somebody else"
    is_refused(reply, "is somebody else's")


def test_a_deleted_conversation() -> None:
    """A conversation that was deleted has no history, even if Undo can still bring it back."""
    reply = ask(Conversation(visitor="exercises"), "one")
    row = Conversation.with_deleted.filter(pk=reply.conversation.pk)
    row.update(deleted_at=timezone.now())
    is_refused(reply, "was deleted, with Undo on the page")
    row.delete()
    is_refused(reply, "was deleted")
