"""Counts of tokens, as Google tells them."""

from typing import Any

import pytest

from chat.provider.events import Usage
from tests.provider.chunk_builders import HI, STOP, THOUGHT, ask, chunk, events
from tests.upstreams import Answer


def usage(**counts: int) -> dict[str, Any]:
    """The part of a chunk with these counts, and that of a prompt of three tokens."""
    return {"usageMetadata": {"promptTokenCount": 3} | counts}


COUNTED = usage(thoughtsTokenCount=5, candidatesTokenCount=2)
# Chunks, and the tokens that are known after them.
USAGES: dict[str, tuple[list[dict[str, Any]], tuple[int | None, int | None]]] = {
    "thoughts and text": ([THOUGHT | usage(thoughtsTokenCount=5), HI, STOP | COUNTED], (3, 7)),
    "stopped while it thinks": ([THOUGHT | usage(thoughtsTokenCount=5)], (3, None)),
    "stopped early": ([THOUGHT, HI | usage(thoughtsTokenCount=5)], (3, None)),
    "stopped": ([HI | usage(candidatesTokenCount=1)], (3, 1)),
    "thoughts alone": ([THOUGHT, chunk(finish="MAX_TOKENS") | usage(thoughtsTokenCount=5)], (3, 5)),
    "no count": ([HI, STOP | usage()], (3, None)),
}


@pytest.mark.parametrize(("chunks", "known"), USAGES.values(), ids=USAGES.keys())
async def test_what_is_not_counted_yet_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
    chunks: list[dict[str, Any]],
    known: tuple[int | None, int | None],
) -> None:
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=events(*chunks)))
    assert heard.usage == known


DETAILS: dict[str, tuple[dict[str, Any], Usage]] = {
    "all": (
        {
            "promptTokenCount": 9,
            "candidatesTokenCount": 2,
            "cachedContentTokenCount": 4,
            "thoughtsTokenCount": 3,
        },
        Usage(9, 5, 4, 3),
    ),
    "results counted apart": (
        {"promptTokenCount": 9, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 7},
        Usage(16, 2, None, None),
    ),
    "none": ({"promptTokenCount": 9, "candidatesTokenCount": 2}, Usage(9, 2, None, None)),
    "zero that is told": (
        {"promptTokenCount": 9, "candidatesTokenCount": 2, "cachedContentTokenCount": 0},
        Usage(9, 2, 0, None),
    ),
}


@pytest.mark.parametrize(("sent", "known"), DETAILS.values(), ids=DETAILS.keys())
async def test_the_details_of_usage(
    monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any], known: Usage
) -> None:
    body = events(HI, chunk(finish="STOP", usageMetadata=sent))
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert [event for event in heard.events if isinstance(event, Usage)] == [known]
