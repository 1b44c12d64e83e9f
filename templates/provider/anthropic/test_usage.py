"""Counts of tokens, as Anthropic tells them."""

from typing import Any

import pytest

from chat.provider.events import Usage
from tests.provider.chunk_builders import HI, ask, end, events, start
from tests.upstreams import Answer

# The usage in the first event, in the last one, and what is known after it.
USAGES: dict[str, tuple[dict[str, int], dict[str, int] | None, tuple[int | None, int | None]]] = {
    "stopped": ({"input_tokens": 3, "output_tokens": 1}, None, (3, None)),
    "cached": (
        {"input_tokens": 3, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 20},
        {"output_tokens": 2},
        (33, 2),
    ),
    "input at the end": ({"input_tokens": 0}, {"input_tokens": 5, "output_tokens": 2}, (5, 2)),
    "all of it at the end": (
        {"input_tokens": 3},
        {"input_tokens": 4, "cache_read_input_tokens": 10, "output_tokens": 2},
        (14, 2),
    ),
    "none": ({"input_tokens": 0, "output_tokens": 0}, {"output_tokens": 0}, (None, None)),
}


@pytest.mark.parametrize(("first", "last", "known"), USAGES.values(), ids=USAGES.keys())
async def test_what_is_not_counted_yet_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
    first: dict[str, int],
    last: dict[str, int] | None,
    known: tuple[int | None, int | None],
) -> None:
    begin = start(**first)
    stream = [begin, HI] + ([end("end_turn") | {"usage": last}] if last else [])
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*stream)))
    assert heard.text == "Hi"
    assert heard.usage == known


DETAILS: dict[str, tuple[dict[str, Any], Usage]] = {
    "all": (
        {
            "input_tokens": 3,
            "cache_read_input_tokens": 4,
            "output_tokens_details": {"thinking_tokens": 1},
        },
        Usage(7, 2, 4, 1),
    ),
    "none": ({}, Usage(3, 2, None, None)),
    "zero that is told": (
        {"cache_read_input_tokens": 0, "output_tokens_details": {"thinking_tokens": 0}},
        Usage(3, 2, 0, 0),
    ),
    "of another type": ({"output_tokens_details": [5]}, Usage(3, 2, None, None)),
}


@pytest.mark.parametrize(("sent", "known"), DETAILS.values(), ids=DETAILS.keys())
async def test_the_details_of_usage(
    monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any], known: Usage
) -> None:
    body = events(start(), HI, end("end_turn", **sent))
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert [event for event in heard.events if isinstance(event, Usage)][-1] == known


async def test_what_was_cached_is_known_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    body = events(start(cache_read_input_tokens=4), HI)
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert [event for event in heard.events if isinstance(event, Usage)] == [
        Usage(7, None, 4, None)
    ]
