"""Turns in which the built-in model calls tools. It refuses requests that the vendor would."""

import asyncio
import json
from dataclasses import replace

import pytest

from chat.provider.events import Call, Usage
from chat.provider.messages import Message, Request, Result
from fake_model import contract, dialect, script
from fake_model.server import FakeModel
from tests import wire_types
from tests.conftest import closed_by_client, seen_by
from tests.listener import Heard, listen
from tests.tool_turns import ADD, TOOLS, answer, play

ADDED = ("add", '{"a": 3, "b": 3}')
CLOCKED = ("clock", '{"zone": "Europe/Berlin"}')


async def test_a_tool_is_called_and_its_result_used(model: FakeModel) -> None:
    turn = await play("/tool /long 40")
    assert turn.calls == [[ADDED], []]
    assert [heard.finish for heard in turn.rounds] == ["stop", "stop"]
    assert turn.rounds[0].text
    assert turn.text.startswith("The tool add said: 42 °C from add\n\n")
    assert [result.text for result in model.record[1].results] == ["42 °C from add"]
    assert model.record[0].tools == ["add", "clock"]


async def test_two_calls_in_one_response(model: FakeModel) -> None:
    turn = await play("/tools /long 40")
    assert turn.calls == [[ADDED, CLOCKED], []]
    assert len({call.id for call in turn.rounds[0].calls}) == 2
    assert [result.call.name for result in model.record[1].results] == ["add", "clock"]
    assert "The tool add said: 42 °C from add\n\nThe tool clock said: 42 °C" in turn.text


async def test_a_call_comes_after_all_text_and_before_the_finish(model: FakeModel) -> None:
    turn = await play("/tool /chars /echo <thi")
    kinds = [type(event).__name__ for event in turn.rounds[0].events]
    assert kinds.index("Text") < kinds.index("Call") < kinds.index("Finish")
    assert turn.rounds[0].text == "<t"
    assert "Text" not in kinds[kinds.index("Call") :]


@pytest.mark.parametrize("prompt", ["/tools /rounds 3 /long 40", "/think 5 /tools /rounds 3 Hi"])
async def test_each_request_of_three_rounds_is_what_the_sdk_allows(
    model: FakeModel, prompt: str
) -> None:
    turn = await play(prompt)
    assert turn.calls == [[ADDED, CLOCKED]] * 3 + [[]]
    assert [heard.error for heard in turn.rounds] == [None] * 4
    assert [len(entry.results) for entry in model.record] == [0, 2, 2, 2]
    for entry in model.record:
        assert entry.body
        wire_types.check_request(entry.body)


async def test_a_later_turn_sends_the_earlier_calls(model: FakeModel) -> None:
    first = await play("/think 5 /tools /rounds 2 /long 40")
    second = await play("And now?", *first.messages)
    assert second.rounds[-1].error is None
    sent = model.record[-1].messages
    called = [[call.name for call in message.calls] for message in sent if message.calls]
    assert called == [["add", "clock"]] * 2
    results = [result.text for message in sent for result in message.results]
    assert results == ["42 °C from add", "42 °C from clock"] * 2
    assert sent[-1].text == "And now?"
    assert model.record[-1].body
    wire_types.check_request(model.record[-1].body)


async def test_an_error_of_a_tool_is_told(model: FakeModel) -> None:
    turn = await play("/tool", answers=lambda call: Result(call, "no such zone", is_error=True))
    assert "no such zone" in turn.text
    assert model.record[1].results[0].text == "no such zone"


@pytest.mark.parametrize("arguments", ["", "[1]", "null", '{"a": '])
async def test_arguments_that_are_no_object_break_no_request(
    model: FakeModel, arguments: str
) -> None:
    turn = await play("/tool")
    asked = turn.messages[1]
    call = replace(asked.results[0].call, arguments=arguments, extra=None)
    messages = [turn.messages[0], replace(asked, results=(answer(call),)), *turn.messages[2:]]
    heard = await listen(Request([*messages, Message("user", "Hello")], tools=TOOLS))
    assert heard.error is None
    assert json.loads(model.record[-1].messages[1].calls[0].arguments) == {}


@pytest.mark.parametrize("name", ["functions.add", "weather/now", "größe", "x" * 200])
async def test_a_name_that_no_tool_may_have_breaks_no_request(model: FakeModel, name: str) -> None:
    turn = await play("/tool")
    asked = turn.messages[1]
    call = replace(asked.results[0].call, name=name, extra=None)
    messages = [turn.messages[0], replace(asked, results=(answer(call),))]
    heard = await listen(Request([*messages, Message("user", "Hello")], tools=TOOLS))
    assert heard.error is None


async def test_a_model_that_may_not_call_replies(model: FakeModel) -> None:
    turn = await play("/tool")
    request = Request(turn.messages[:2], tools=TOOLS, may_call=False)
    heard = await listen(request)
    assert (heard.error, heard.calls, heard.finish) == (None, [], "stop")
    assert "The tool add said" in heard.text
    assert model.record[-1].body
    wire_types.check_request(model.record[-1].body)
    first = await listen(Request([Message("user", "/tool")], tools=TOOLS, may_call=False))
    assert (first.calls, first.finish) == ([], "stop")


async def test_without_tools_nothing_of_tools_is_sent(model: FakeModel) -> None:
    turn = await play("/tool Hi")
    await listen("Hi")
    await listen(Request([*turn.messages, Message("user", "And now?")]))
    for entry in model.record[-2:]:
        assert entry.body
        sent = json.dumps(entry.body).lower()
        assert not [word for word in ("tool_", "tools", "function") if word in sent]
    assert [message.text for message in model.record[-1].messages][-1] == "And now?"


@pytest.mark.parametrize("word", ["/drop", "/cut", "/garbage", "/error", "/length", "/refuse"])
async def test_a_call_that_is_not_finished_is_none(model: FakeModel, word: str) -> None:
    heard = await listen(Request([Message("user", f"{word} /tool")], tools=TOOLS))
    assert heard.text
    assert heard.calls == []
    assert heard.finish != "stop"


async def test_a_tool_that_was_not_offered_is_called(model: FakeModel) -> None:
    heard = await listen('/tool nowhere {"x": [1, "é"]}')
    assert [(call.name, json.loads(call.arguments)) for call in heard.calls] == [
        ("nowhere", {"x": [1, "é"]})
    ]
    assert heard.finish == "stop"


async def test_what_was_counted_is_told_in_detail(model: FakeModel) -> None:
    turn = await play("/think 5 /tool Hi", tools=(ADD,))
    first, second = (last_usage(heard) for heard in turn.rounds)
    assert first.reasoning_tokens == 5
    assert second.input_tokens and second.cached_tokens
    assert 0 < second.cached_tokens < second.input_tokens


def last_usage(heard: Heard) -> Usage:
    return [event for event in heard.events if isinstance(event, Usage)][-1]


async def test_a_call_is_kept_as_json(model: FakeModel) -> None:
    """A database keeps what has to go back with a call."""
    turn = await play("/think 5 /tool Hi")
    for call in turn.rounds[0].calls:
        kept = Call(call.id, call.name, call.arguments, json.loads(json.dumps(call.extra)))
        assert kept == call


async def test_the_model_stalls_while_it_writes_a_call(model: FakeModel) -> None:
    sent = dialect.stream(model_request(), 3).call(contract.Call(*ADDED))
    asking = asyncio.create_task(listen(Request([Message("user", "/stall /tool")], tools=TOOLS)))
    half = len(script.plan(model_request()).pieces)
    await seen_by(
        model,
        lambda record: (record[0].tokens, record[0].call_bits) == (half, len(sent) // 2),
    )
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await closed_by_client(model)
    assert (model.record[0].calls, model.record[0].finished) == ([], False)


def model_request() -> contract.Request:
    """The same request, as the built-in model understands it."""
    messages = [contract.Message("user", "/stall /tool")]
    return contract.Request("a-model", messages, "", None, {}, (contract.Tool("add", {}),))
