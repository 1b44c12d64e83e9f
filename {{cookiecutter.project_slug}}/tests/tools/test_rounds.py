"""The rounds of a reply that calls tools: its rows, and what the model is told."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chat import queries
from chat.models import Conversation
from chat.page.turns import turn_html
from chat.replies import rows
from chat.tools.tool import ToolError, tool
from fake_model.server import FakeModel
from tests.tools.offering import offer
from tests.tools.replying import calls, reply_to

pytestmark = pytest.mark.django_db(transaction=True)


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
async def broken() -> str:
    """Raise."""
    raise KeyError("secret")


@tool
async def telling() -> str:
    """Raise what the model may know."""
    raise ToolError("The shop is closed.")


@tool(seconds=0.1)
async def hanging() -> None:
    """Hang."""
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _offered(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, add, broken, telling, hanging)


async def test_the_result_of_a_call_is_a_row_and_is_told_to_the_model(model: FakeModel) -> None:
    reply = await reply_to('/tool add {"a": 2, "b": 40} /echo I add them now, for you.')
    (call,) = await calls(reply)
    assert (call.name, json.loads(call.arguments)) == ("add", {"a": 2, "b": 40})
    assert (call.status, call.result, call.round) == ("complete", "42", 0)
    before, after = reply.text[: call.position], reply.text[call.position :]
    assert before.startswith("I add") and before.endswith("\n\n")
    assert "42" in after
    assert (reply.status, reply.call_count) == ("complete", 1)
    assert reply.rounds == 2  # usage
    first, second = model.record
    assert "add" in first.tools
    assert [result.text for result in second.results] == ["42"]


async def test_two_calls_of_one_response_run_at_the_same_time(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = asyncio.Barrier(2)

    @tool
    async def meet() -> str:
        """Wait until the other call runs, too."""
        await both.wait()
        return "met"

    offer(monkeypatch, meet)
    reply = await reply_to("/tools /long 5")
    assert [(call.status, call.result) for call in await calls(reply)] == [("complete", "met")] * 2
    assert [result.text for result in model.record[1].results] == ["met", "met"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("broken {}", "The tool raised KeyError."),
        ("telling {}", "The shop is closed."),
        ("hanging {}", "did not end within 0.1 seconds"),
        ("add {}", "Wrong arguments. a:"),
        ('add {"a": "x", "b": 1}', "Wrong arguments. a:"),
        ("missing {}", "There is no tool named missing."),
    ],
)
async def test_a_call_that_fails_is_told_to_the_model_which_goes_on(
    model: FakeModel, words: str, told: str
) -> None:
    reply = await reply_to(f"/tool {words} /long 5")
    (call,) = await calls(reply)
    assert call.status == "failed"
    assert told in call.result
    assert "secret" not in call.result
    assert reply.status == "complete"
    assert model.record[1].results[0].text == call.result


async def test_the_rounds_have_a_limit(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_TOOL_ROUNDS = 2
    reply = await reply_to('/tool add {"a": 1, "b": 1} /rounds 9')
    assert [call.round for call in await calls(reply)] == [0, 1]
    assert reply.status == "complete"
    assert len(model.record) == 3
    assert reply.rounds == 3  # usage


async def test_a_later_turn_tells_the_model_what_was_called(model: FakeModel) -> None:
    first = await reply_to('/tool add {"a": 1, "b": 2} /echo I add')
    await reply_to("And now?", first.conversation)
    asked, *_, last = model.record[-1].messages
    answer = model.record[-1].messages[1]
    assert asked.text.startswith("/tool add")
    assert [call.name for call in answer.calls] == ["add"]
    assert last.text == "And now?"


async def test_a_tool_that_was_not_offered_ends_the_reply(
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_TOOL_ROUNDS = 0
    reply = await reply_to("/tool add {}")
    assert (reply.status, reply.call_count) == ("failed", 0)
    assert "called a tool" in reply.note
    assert model.record[0].tools == []


async def test_a_plain_prompt_costs_no_query_more_than_without_tools(
    model: FakeModel, settings: Settings
) -> None:
    counts = []
    for rounds in (0, 5):
        settings.CHAT_TOOL_ROUNDS = rounds
        conversation = (await reply_to("/long 5")).conversation
        counts.append(await sync_to_async(_queries_of_a_turn)(conversation))
    assert counts[0] == counts[1]


def _queries_of_a_turn(conversation: Conversation) -> int:
    with CaptureQueriesContext(connection) as seen:
        reply, _ = rows.ask(conversation, "Hello")
        reply.status = "complete"
        rows.save(reply)
        for turn, shown in queries.turns(conversation):
            turn_html(turn, shown)
    return len(seen)


async def test_what_a_tool_returns_is_inert_on_the_page(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    @tool
    def stranger() -> str:
        """Return what somebody else has written."""
        return "<script>alert(1)</script> [x](javascript:alert(1))"

    offer(monkeypatch, stranger)
    reply = await reply_to("/tool stranger {} /echo I ask")
    ((turn, shown),) = await sync_to_async(queries.turns)(reply.conversation)
    html = await sync_to_async(turn_html)(turn, shown)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script" not in html and 'href="javascript' not in html
