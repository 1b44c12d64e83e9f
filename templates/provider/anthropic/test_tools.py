"""Tools, as Anthropic's Messages have them."""

from typing import Any

import pytest

from chat.provider.events import Call
from chat.provider.messages import Message, Request, Result
from fake_model.server import FakeModel
from tests.listener import listen
from tests.provider.chunk_builders import REPLY, ask, delta, end, events, start
from tests.tool_turns import ADD, TOOLS, answer, play, prompt
from tests.upstreams import Answer


def begin(index: Any, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def use(index: Any, name: str, call_id: str = "1", **fields: Any) -> dict[str, Any]:
    """The event that begins a call."""
    return begin(index, **({"type": "tool_use", "id": call_id, "name": name, "input": {}} | fields))


def part(index: Any, text: Any) -> dict[str, Any]:
    """A piece of a call's arguments."""
    return delta(index, "input_json_delta", partial_json=text)


def stop(index: Any) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


END = end("tool_use")


async def test_how_tools_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server = await ask(monkeypatch, prompt(tools=(ADD,)), REPLY)
    body = server.requests[0][1]
    assert body["tools"] == [
        {"name": "add", "description": "The tool add.", "input_schema": ADD.parameters}
    ]
    assert "tool_choice" not in body
    _, server = await ask(monkeypatch, prompt(may_call=False), REPLY)
    assert server.requests[0][1]["tool_choice"] == {"type": "none"}


THINKING = [
    {"type": "thinking", "thinking": "Hmm.", "signature": "c2lnbmVk"},
    {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"},
]


@pytest.mark.parametrize("model", ["a-model", "another"])
async def test_how_calls_and_results_are_sent(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    extra = {"model": "a-model", "thinking": THINKING}
    add = Call("toolu_1", "add", '{"a": 1, "b": 2}', extra)
    clock = Call("toolu_2", "clock", "{not JSON")
    results = (Result(add, "3"), Result(clock, "bad arguments", is_error=True))
    messages = [Message("user", "One"), Message("assistant", "\n", results)]
    asked = Request(messages, model, tools=TOOLS)
    _, server = await ask(monkeypatch, asked, REPLY)
    assert server.requests[0][1]["messages"] == [
        {"role": "user", "content": "One"},
        {
            "role": "assistant",
            "content": [
                *(THINKING if model == "a-model" else []),
                {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1, "b": 2}},
                {"type": "tool_use", "id": "toolu_2", "name": "clock", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": "3",
                    "is_error": False,
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_2",
                    "content": "bad arguments",
                    "is_error": True,
                },
            ],
        },
    ]


A, B = ("add", '{"a": 1}'), ("clock", "{}")
# What servers send, and the calls that are meant.
STREAMS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "in pieces": ([use(0, "add"), part(0, '{"a"'), part(0, ": 1}"), stop(0), END], [A]),
    "two": (
        [
            use(0, "add"),
            part(0, '{"a": 1}'),
            stop(0),
            use(1, "clock", "2"),
            stop(1),
            END,
        ],
        [A, B],
    ),
    "two at once": (
        [
            use(0, "add"),
            use(1, "clock", "2"),
            part(0, '{"a": 1'),
            part(1, "{}"),
            part(0, "}"),
            END,
        ],
        [A, B],
    ),
    "whole": ([use(0, "add", input={"a": 1}), stop(0), END], [A]),
    "no index": (
        [use(None, "add"), part(None, '{"a": 1}'), use(None, "clock", "2"), END],
        [A, B],
    ),
    "no id": ([use(0, "add", "", input={"a": 1}), use(1, "clock", ""), END], [A, B]),
    "null fields": (
        [use(0, "add", id=None, input=None), part(0, None), part(0, '{"a": 1}'), END],
        [A],
    ),
    "another reason": ([use(0, "add", input={"a": 1}), stop(0), end("end_turn")], [A]),
    "no name": ([use(0, ""), part(0, "{}"), stop(0), END], []),
    "no finish": ([use(0, "add", input={"a": 1}), stop(0)], []),
    "cut at the limit": ([use(0, "add"), part(0, '{"a'), stop(0), end("max_tokens")], []),
    "a refusal": ([use(0, "add"), part(0, "{}"), stop(0), end("refusal")], []),
}


@pytest.mark.parametrize(("chunks", "calls"), STREAMS.values(), ids=STREAMS.keys())
async def test_calls_are_understood_however_they_come(
    monkeypatch: pytest.MonkeyPatch,
    chunks: list[dict[str, Any]],
    calls: list[tuple[str, str]],
) -> None:
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=events(start(), *chunks)))
    assert heard.error is None
    assert [(call.name, call.arguments) for call in heard.calls] == calls
    assert all(call.id for call in heard.calls)
    assert len({call.id for call in heard.calls}) == len(calls)


async def test_calls_in_a_reply_of_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    content = [*THINKING, {"type": "tool_use", "id": "1", "name": "add", "input": {"a": 1}}]
    message = start()["message"] | {"content": content, "stop_reason": "tool_use"}
    heard, _ = await ask(monkeypatch, prompt(model="a-model"), Answer(body=message))
    assert (heard.error, heard.finish) == (None, "stop")
    extra = {"model": "a-model", "thinking": THINKING}
    assert heard.calls == [Call("1", "add", '{"a": 1}', extra)]


async def test_thinking_is_kept_as_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [
        begin(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="Hm"),
        delta(0, "thinking_delta", thinking="m."),
        delta(0, "signature_delta", signature="c2lnbmVk"),
        stop(0),
        begin(1, **THINKING[1]),
        stop(1),
        use(2, "add", "1"),
        stop(2),
        use(3, "clock", "2"),
        stop(3),
        END,
    ]
    heard, _ = await ask(monkeypatch, prompt(model="m"), Answer(body=events(start(), *chunks)))
    assert [call.extra for call in heard.calls] == [{"model": "m", "thinking": THINKING}, None]
    assert heard.reasoning == "Hmm."


@pytest.mark.parametrize(
    ("thinking", "words"),
    [
        ([], "Expected `thinking` or `redacted_thinking`, but found `text`"),
        ([{"type": "thinking", "thinking": "Another.", "signature": "x"}], "Invalid `signature`"),
    ],
    ids=["none", "another"],
)
async def test_the_built_in_model_demands_the_thinking_back(
    model: FakeModel, thinking: list[dict[str, str]], words: str
) -> None:
    turn = await play("/think 5 /tool Hi")
    assert [heard.error for heard in turn.rounds] == [None, None]
    call = turn.messages[1].results[0].call
    other = Call(call.id, call.name, call.arguments, call.extra | {"thinking": thinking})
    messages = [turn.messages[0], Message("assistant", "Well", (answer(other),))]
    heard = await listen(Request(messages, tools=TOOLS))
    assert heard.error
    assert heard.error.kind == "bad_request"
    assert words in heard.error.detail


async def test_the_built_in_model_demands_the_results(model: FakeModel) -> None:
    turn = await play("/tool Hi")
    first = turn.messages[1].results[0].call
    twice = (Result(first, "1"), Result(first, "2"))
    heard = await listen(Request([turn.messages[0], Message("assistant", "", twice)], tools=TOOLS))
    assert heard.error
    assert "unexpected `tool_use_id`" in heard.error.detail
