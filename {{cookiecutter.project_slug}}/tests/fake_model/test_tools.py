"""Which tools the built-in model calls, with which arguments, and how it puts them on the wire."""

import dataclasses
import json
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from fake_model import dialect, script
from fake_model.arguments import invent
from fake_model.contract import Call, Message, Request, Result, Tool
from tests import wire_types

ADD = Tool(
    "add",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a"],
    },
)
CLOCK = Tool("clock", {"type": "object", "properties": {}})
ADDED, CLOCKED = Call("add", '{"a": 3}'), Call("clock", "{}")


def request(prompt: str, *tools: Tool, rounds: int = 0, **fields: Any) -> Request:
    """A request with `prompt`, after so many rounds of calls."""
    messages = [Message("user", prompt)]
    for _ in range(rounds):
        messages.append(Message("assistant", "", (ADDED,)))
        messages.append(Message("user", "", results=(Result(ADDED, "42"),)))
    return dataclasses.replace(
        Request("a-model", messages, "", None, {}, tools or (ADD, CLOCK)), **fields
    )


X = '{"x": [1, "/500"]}'
# A prompt, and the calls that it provokes.
PROMPTS: dict[str, tuple[str, list[Call]]] = {
    "the first": ("/tool", [ADDED]),
    "two": ("/tools", [ADDED, CLOCKED]),
    "none": ("What is a /tools/tool?", []),
    "one by its name": ("/tool clock", [CLOCKED]),
    "its name in a sentence": ("/tool clock and then say so", [CLOCKED]),
    "a sentence": ("/tool what time is it", [ADDED]),
    "one with arguments": (f"/tool clock {X} please", [Call("clock", X)]),
    "one that is not offered": (f"/tool nowhere {X}", [Call("nowhere", X)]),
    "one that is not offered, alone": ("/tool nowhere", [Call("nowhere", "{}")]),
    "and another word": ("/tool nowhere /long 4", [Call("nowhere", "{}")]),
    "malformed": ('/tool add {"a": \nand so on', [Call("add", '{"a": ')]),
    "several": (f"/tool add {X} /tool clock /tool", [Call("add", X), CLOCKED, ADDED]),
    "in a text": ("/echo /tool", []),
}


@pytest.mark.parametrize(("prompt", "calls"), PROMPTS.values(), ids=PROMPTS.keys())
def test_a_prompt_provokes_calls(prompt: str, calls: list[Call]) -> None:
    plan = script.plan(request(prompt))
    assert plan.calls == calls
    assert (plan.failure, plan.ending) == (None, "stop")
    assert script.plan(request(prompt, may_call=False)).calls == []


def test_one_tool_is_called_twice() -> None:
    assert script.plan(request("/tools", CLOCK)).calls == [CLOCKED, CLOCKED]


@pytest.mark.parametrize("prompt", ["/tool", "/tools", "/tool what is it"])
def test_without_tools_it_says_so(prompt: str) -> None:
    plan = script.plan(request(prompt, tools=()))
    assert plan.calls == []
    assert "".join(plan.pieces).startswith("I was offered no tool")


def test_results_are_quoted_and_end_the_turn() -> None:
    plan = script.plan(request("/tool /stall /long 9", rounds=1))
    assert (plan.calls, plan.ending) == ([], "stop")
    assert "".join(plan.pieces).startswith("The tool add said: 42\n\nYou have asked me 1 thing")


# How many calls and which ending there are in each response.
TURNS: dict[str, list[tuple[int, str]]] = {
    "/tool": [(1, "stop"), (0, "stop"), (0, "stop")],
    "/tools /rounds 2": [(2, "stop"), (2, "stop"), (0, "stop"), (0, "stop")],
    "/tool /then /stall": [(1, "stop"), (0, "stall"), (0, "stop")],
    "/tool /rounds 2 /then /drop /then /tool": [
        (1, "stop"),
        (1, "stop"),
        (0, "drop"),
        (1, "stop"),
        (0, "stop"),
    ],
    "/stall /tool": [(1, "stall"), (0, "stop")],
}


@pytest.mark.parametrize(("prompt", "turn"), TURNS.items(), ids=TURNS.keys())
def test_a_turn_ends(prompt: str, turn: list[tuple[int, str]]) -> None:
    plans = [script.plan(request(prompt, rounds=number)) for number in range(len(turn))]
    assert [(len(plan.calls), plan.ending) for plan in plans] == turn


def test_the_next_prompt_begins_a_turn() -> None:
    asked = request("/tool", rounds=1)
    messages = [*asked.messages, Message("assistant", "42."), Message("user", "/tool")]
    assert script.plan(dataclasses.replace(asked, messages=messages)).calls == [ADDED]


class Colour(Enum):
    """An enumeration of two."""

    RED = "red"
    GREEN = "green"


class Inner(BaseModel):
    """A model within another."""

    depth: float
    note: str | None = None


class Arguments(BaseModel):
    """One field for each thing that a schema may demand."""

    text: str
    short: Annotated[str, Field(max_length=2)]
    long: Annotated[str, Field(min_length=30)]
    day: date
    whole: int
    positive: Annotated[int, Field(gt=0, lt=3)]
    hundreds: Annotated[int, Field(ge=100, multiple_of=50)]
    part: Annotated[float, Field(gt=0, lt=1)]
    below: Annotated[float, Field(le=-7)]
    flag: bool
    colour: Colour
    word: Literal["a", "b"]
    perhaps: int | None
    several: Annotated[list[Inner], Field(min_length=2)]
    pair: tuple[int, str]
    inner: Inner
    mapping: dict[str, int]
    anything: Any
    not_needed: int = 5


def test_invented_arguments_satisfy_the_schema() -> None:
    invented = invent(Arguments.model_json_schema())
    arguments = Arguments.model_validate(json.loads(json.dumps(invented)))
    assert len(arguments.several) == 2
    assert "not_needed" not in invented


def test_an_example_is_preferred() -> None:
    schema = {"properties": {"zone": {"type": "string", "examples": ["UTC"]}}, "required": ["zone"]}
    assert invent(schema) == {"zone": "UTC"}


@pytest.mark.parametrize("reason", ["stop", "length", "refusal", "tool"])
@pytest.mark.parametrize("thoughts", [[], ["Hm", "m."]], ids=["", "thoughts"])
def test_each_event_is_of_the_types_of_the_sdk(thoughts: list[str], reason: Any) -> None:
    stream = dialect.stream(request("Hello"), 9, 4)
    calls = [ADDED, CLOCKED] if reason == "tool" else []
    sent = [
        stream.begin(),
        *map(stream.thought, thoughts),
        stream.piece("Hi"),
        *(bit for call in calls for bit in stream.call(call)),
        stream.end(reason),
    ]
    lines = b"".join(sent).decode().splitlines()
    events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert len(events) > 1
    for event in events:
        if event != "[DONE]":
            wire_types.check_event(json.loads(event))
