"""Counts of tokens, as OpenAI tells them."""

from typing import Any

import pytest

from chat.provider.events import Usage
from tests.provider.chunk_builders import FINISH, HI, ask, events
from tests.upstreams import Answer

USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "OpenAI": (
        {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
        Usage(9, 5, 4, 3),
    ),
    "none": ({"prompt_tokens": 9, "completion_tokens": 5}, Usage(9, 5, None, None)),
    "null": (
        {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": None},
        Usage(9, 5, None, None),
    ),
    "zero that is told": (
        {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        Usage(9, 5, 0, 0),
    ),
    "of another type": (
        {"prompt_tokens": 9, "completion_tokens": 5, "completion_tokens_details": [5]},
        Usage(9, 5, None, None),
    ),
}


@pytest.mark.parametrize(("sent", "known"), USAGES.values(), ids=USAGES.keys())
async def test_the_details_of_usage(
    monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any], known: Usage
) -> None:
    body = events(HI, FINISH, {"choices": [], "usage": sent})
    heard, _ = await ask(monkeypatch, "Hello", Answer(body=body))
    assert [event for event in heard.events if isinstance(event, Usage)] == [known]
