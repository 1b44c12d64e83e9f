"""Tools, as OpenAI's Chat Completions and servers that resemble OpenAI's have them."""

from typing import Any

import pytest

from chat.provider.events import Call
from chat.provider.messages import Message, Request, Result
from fake_model.server import FakeModel
from tests.listener import listen
from tests.provider.chunk_builders import HI, REPLY, ask, delta, events
from tests.provider.chunk_builders import nothing_is_remembered as nothing_is_remembered
from tests.tool_turns import ADD, TOOLS, play, prompt
from tests.upstreams import Answer


def piece(index: int | None = 0, name: Any = None, arguments: Any = None, **fields: Any) -> Any:
    """A chunk with a piece of a call."""
    function = {"name": name, "arguments": arguments}
    sent = {key: value for key, value in function.items() if value is not None}
    place = {} if index is None else {"index": index}
    return delta(tool_calls=[place | {"function": sent} | fields])


CALLS = delta("tool_calls")


async def test_how_tools_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server = await ask(monkeypatch, prompt(tools=(ADD,)), REPLY)
    body = server.requests[0][1]
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "add",
                "description": "The tool add.",
                "parameters": ADD.parameters,
            },
        }
    ]
    assert "tool_choice" not in body
    _, server = await ask(monkeypatch, prompt(may_call=False), REPLY)
    assert server.requests[0][1]["tool_choice"] == "none"


async def test_how_calls_and_results_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Call("call_1", "add", '{"a":1, "b": 2}')
    clock = Call("call_2", "clock", "{not JSON")
    results = (Result(add, "3"), Result(clock, "bad arguments", is_error=True))
    messages = [Message("user", "One"), Message("assistant", "", results)]
    _, server = await ask(monkeypatch, Request(messages, tools=TOOLS, system_prompt=""), REPLY)
    functions = [
        {"name": "add", "arguments": '{"a":1, "b": 2}'},
        {"name": "clock", "arguments": "{}"},
    ]
    assert server.requests[0][1]["messages"] == [
        {"role": "user", "content": "One"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": f"call_{number}", "type": "function", "function": function}
                for number, function in enumerate(functions, 1)
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "3"},
        {"role": "tool", "tool_call_id": "call_2", "content": "bad arguments"},
    ]


A, B = ("add", '{"a": 1}'), ("clock", "{}")
WHOLE_A, WHOLE_B = dict(name=A[0], arguments=A[1]), dict(name=B[0], arguments=B[1])
# What servers send, and the calls that are meant.
STREAMS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "in pieces": (
        [piece(0, "add", "", id="1"), piece(0, None, '{"a"'), piece(0, None, ": 1}"), CALLS],
        [A],
    ),
    "two in turns": (
        [
            piece(0, "add", '{"a', id="1"),
            piece(1, "clock", "{", id="2"),
            piece(0, None, '": 1}'),
            piece(1, None, "}"),
            CALLS,
        ],
        [A, B],
    ),
    "whole": ([piece(0, id="1", **WHOLE_A), piece(1, id="2", **WHOLE_B), CALLS], [A, B]),
    "every index 0": ([piece(0, id="1", **WHOLE_A), piece(0, id="2", **WHOLE_B), CALLS], [A, B]),
    "every index 0, no id": ([piece(0, **WHOLE_A), piece(0, **WHOLE_B), CALLS], [A, B]),
    "no index": ([piece(None, id="1", **WHOLE_A), piece(None, id="2", **WHOLE_B), CALLS], [A, B]),
    "no index, in pieces": (
        [piece(None, "add", '{"a"', id="1"), piece(None, None, ": 1}", id="1"), CALLS],
        [A],
    ),
    "no index, no id": ([piece(None, **WHOLE_A), piece(None, **WHOLE_B), CALLS], [A, B]),
    "the same id": ([piece(0, id="1", **WHOLE_A), piece(1, id="1", **WHOLE_B), CALLS], [A, B]),
    "the name repeated": (
        [piece(0, "add", '{"a"', id="1"), piece(0, "add", ": 1}", id="1"), CALLS],
        [A],
    ),
    "the name repeated, no id": (
        [piece(0, "add", '{"a"'), piece(0, "add", ": 1}"), piece(0, "add", ""), CALLS],
        [A],
    ),
    "an object": ([piece(0, "add", {"a": 1}, id="1"), CALLS], [A]),
    "no arguments": ([piece(0, "clock", id="1"), CALLS], [B]),
    "null fields": (
        [piece(0, id="1", type=None, **WHOLE_A), delta(tool_calls=None, content=None), CALLS],
        [A],
    ),
    "with the finish": ([piece(0, id="1", **WHOLE_A) | {"usage": None}, delta("stop")], [A]),
    "another reason": ([piece(0, id="1", **WHOLE_A), delta("function_call")], [A]),
    "no name": ([piece(0, None, "{}", id="1"), CALLS], []),
    "text besides": ([HI, piece(0, id="1", **WHOLE_A), CALLS], [A]),
    "no finish": ([piece(0, id="1", **WHOLE_A)], []),
    "cut at the limit": ([piece(0, "add", '{"a"', id="1"), delta("length")], []),
}


@pytest.mark.parametrize(("chunks", "calls"), STREAMS.values(), ids=STREAMS.keys())
async def test_calls_are_understood_however_they_come(
    monkeypatch: pytest.MonkeyPatch,
    chunks: list[dict[str, Any]],
    calls: list[tuple[str, str]],
) -> None:
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=events(*chunks)))
    assert heard.error is None
    assert [(call.name, call.arguments) for call in heard.calls] == calls
    assert all(call.id for call in heard.calls)
    assert len({call.id for call in heard.calls}) == len(calls)


async def test_calls_in_a_reply_of_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    heard, _ = await ask(monkeypatch, prompt(), Answer(body={"choices": [choice]}))
    assert (heard.error, heard.finish) == (None, "stop")
    assert heard.calls == [Call("1", "add", '{"a": 1}')]


@pytest.mark.parametrize(
    "kept",
    [
        {"reasoning_content": "Hmm."},
        {"reasoning_details": [{"text": "Hm"}, {"text": "m.", "signature": "x"}]},
    ],
    ids=["DeepSeek", "OpenRouter"],
)
async def test_reasoning_goes_back_where_a_server_sent_it(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]
) -> None:
    [(name, whole)] = kept.items()
    parts = [whole[:1], whole[1:]]
    chunks = [*(delta(**{name: part}) for part in parts), piece(0, "add", "{}", id="1")]
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=events(*chunks, CALLS)))
    assert heard.calls == [Call("1", "add", "{}", kept)]
    results = (Result(heard.calls[0], "3"), Result(Call("2", "clock", "{}"), "4"))
    _, server = await ask(monkeypatch, prompt(Message("assistant", "", results)), REPLY)
    calling = next(each for each in server.requests[0][1]["messages"] if "tool_calls" in each)
    assert calling[name] == whole


async def test_a_signature_goes_back_with_its_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Google's models demand it through this API."""
    signed = {"google": {"thought_signature": "c2lnbmVk"}}
    chunks = [piece(0, id="1", extra_content=signed, **WHOLE_A), piece(1, id="2", **WHOLE_B)]
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=events(*chunks, CALLS)))
    results = tuple(Result(call, "3") for call in heard.calls)
    _, server = await ask(monkeypatch, prompt(Message("assistant", "", results)), REPLY)
    calling = next(each for each in server.requests[0][1]["messages"] if "tool_calls" in each)
    first, second = calling["tool_calls"]
    assert first["extra_content"] == signed
    assert "extra_content" not in second


async def test_the_built_in_model_demands_the_results(model: FakeModel) -> None:
    turn = await play("/tool Hi")
    first = turn.messages[1].results[0].call
    twice = Message("assistant", "", (Result(first, "1"), Result(first, "2")))
    heard = await listen(Request([turn.messages[0], twice], tools=TOOLS))
    assert heard.error
    assert "messages with role 'tool' must be a response" in heard.error.detail
