"""Tools, as Google's Gemini API has them."""

import json
from typing import Any

import pytest

from chat.provider.events import Call
from chat.provider.messages import Message, Request, Result
from fake_model.server import FakeModel
from tests.listener import listen
from tests.provider.chunk_builders import HI, REPLY, STOP, ask, chunk, events
from tests.tool_turns import ADD, TOOLS, answer, play, prompt
from tests.upstreams import Answer


def part(name: str, args: Any = None, signature: Any = None, **fields: Any) -> dict[str, Any]:
    """A part with a call."""
    signed = {} if signature is None else {"thoughtSignature": signature}
    given = {} if args is None else {"args": args}
    return {"functionCall": {"name": name} | given | fields} | signed


async def test_how_tools_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server = await ask(monkeypatch, prompt(tools=(ADD,)), REPLY)
    body = server.requests[0][1]
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "add",
                    "description": "The tool add.",
                    "parameters_json_schema": ADD.parameters,
                }
            ]
        }
    ]
    assert "toolConfig" not in body
    _, server = await ask(monkeypatch, prompt(may_call=False), REPLY)
    assert server.requests[0][1]["toolConfig"] == {"functionCallingConfig": {"mode": "NONE"}}


@pytest.mark.parametrize("model", ["a-model", "another"])
async def test_how_calls_and_results_are_sent(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    extra = {"model": "a-model", "signature": "c2lnbmVk"}
    add = Call("1", "add", '{"a": 1, "b": 2}', extra)
    clock = Call("made-2", "clock", "{not JSON")
    results = (Result(add, "3"), Result(clock, "bad arguments", is_error=True))
    messages = [Message("user", "One"), Message("assistant", "", results)]
    _, server = await ask(monkeypatch, Request(messages, model, tools=TOOLS), REPLY)
    signed = {"thoughtSignature": "c2lnbmVk"} if model == "a-model" else {}
    assert server.requests[0][1]["contents"] == [
        {"role": "user", "parts": [{"text": "One"}]},
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "1", "name": "add", "args": {"a": 1, "b": 2}}} | signed,
                {"functionCall": {"name": "clock", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "1", "name": "add", "response": {"result": "3"}}},
                {"functionResponse": {"name": "clock", "response": {"error": "bad arguments"}}},
            ],
        },
    ]


A, B = ("add", '{"a": 1}'), ("clock", "{}")
# What the service sends, and the calls that are meant.
STREAMS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "one": ([chunk(part("add", {"a": 1})), STOP], [A]),
    "two in a chunk": ([chunk(part("add", {"a": 1}), part("clock", {})), STOP], [A, B]),
    "two chunks": ([chunk(part("add", {"a": 1})), chunk(part("clock", {})), STOP], [A, B]),
    "with the finish": ([chunk(part("add", {"a": 1}), finish="STOP")], [A]),
    "no arguments": ([chunk(part("clock")), STOP], [B]),
    "an id": ([chunk(part("add", {"a": 1}, id="x")), STOP], [A]),
    "an id of another type": ([chunk(part("add", {"a": 1}, id=5)), STOP], [A]),
    "arguments of another type": ([chunk(part("clock", [5])), STOP], [B]),
    "a signature that is none": ([chunk(part("add", {"a": 1}, "\u00e9")), STOP], [A]),
    "no name": ([chunk(part("", {})), STOP], []),
    "text besides": ([HI, chunk({"text": "Hm"}, part("add", {"a": 1})), STOP], [A]),
    "no finish": ([chunk(part("add", {"a": 1}))], []),
    "cut at the limit": ([chunk(part("add", {"a": 1})), chunk(finish="MAX_TOKENS")], []),
    "malformed": ([HI, chunk(finish="MALFORMED_FUNCTION_CALL")], []),
    "too many": ([HI, chunk(part("add", {})), chunk(finish="TOO_MANY_TOOL_CALLS")], []),
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


async def test_arguments_are_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    args = {"text": 5, "candidates": [1, None, "\u00e9"], "other": {"args": {"id": None}}}
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=events(chunk(part("add", args)), STOP)))
    assert [json.loads(call.arguments) for call in heard.calls] == [args]


async def test_calls_in_a_reply_of_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    body = chunk(part("add", {"a": 1}, "c2lnbmVk", id="1"), finish="STOP")
    heard, _ = await ask(monkeypatch, prompt(model="m"), Answer(body=body))
    assert (heard.error, heard.finish) == (None, "stop")
    extra = {"model": "m", "signature": "c2lnbmVk"}
    assert heard.calls == [Call("1", "add", '{"a": 1}', extra)]


@pytest.mark.parametrize("signature", ["-_-_", "+/+/"])
async def test_a_signature_goes_back_as_it_was_sent(
    monkeypatch: pytest.MonkeyPatch, signature: str
) -> None:
    chunks = [chunk(part("add", {}, signature, id="1"), part("clock", {}, id="2")), STOP]
    heard, _ = await ask(monkeypatch, prompt(model="m"), Answer(body=events(*chunks)))
    results = tuple(map(answer, heard.calls))
    asked = prompt(Message("assistant", "Well", results), model="m")
    _, server = await ask(monkeypatch, asked, REPLY)
    text, first, second = server.requests[0][1]["contents"][0]["parts"]
    assert text == {"text": "Well"}
    # The two alphabets of base64: the API takes both.
    assert first["thoughtSignature"] == "-_-_"
    assert "thoughtSignature" not in second


async def test_a_call_of_a_tool_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = events(HI, chunk(part("nowhere", {})), chunk(finish="UNEXPECTED_TOOL_CALL"))
    heard, _ = await ask(monkeypatch, prompt(), Answer(body=stream))
    assert heard.error
    assert (heard.error.kind, heard.text, heard.calls) == ("tool_call", "Hi", [])


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (None, "missing a thought_signature"),
        ({"signature": "c2lnbmVk"}, "Invalid thought signature"),
    ],
    ids=["none", "another"],
)
async def test_the_built_in_model_demands_the_signature_back(
    model: FakeModel, extra: dict[str, str] | None, words: str
) -> None:
    turn = await play("/tool Hi")
    assert [heard.error for heard in turn.rounds] == [None, None]
    call = turn.messages[1].results[0].call
    other = Call(call.id, call.name, call.arguments, extra and call.extra | extra)
    messages = [turn.messages[0], Message("assistant", "Well", (answer(other),))]
    heard = await listen(Request(messages, tools=TOOLS))
    assert heard.error
    assert heard.error.kind == "bad_request"
    assert words in heard.error.detail


async def test_malformed_arguments_end_the_reply(model: FakeModel) -> None:
    heard = await listen('/tool add {"a": ')
    assert (heard.error, heard.calls, heard.finish) == (None, [], None)
