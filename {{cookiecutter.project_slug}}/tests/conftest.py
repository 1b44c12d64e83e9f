"""What the tests share: the built-in model as the upstream, and a database in a file."""

import asyncio
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chat import names
from fake_model.record import Record
from fake_model.server import FakeModel

SOON = 5.0  # seconds: a limit for what happens at once, generous for a busy machine


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream that the SDK asks, as fast as it can. Its record is what Stop is judged by."""
    with FakeModel(tokens_per_second=math.inf) as model:
        use(model, monkeypatch)
        yield model


@pytest.fixture
def slow_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream at 50 tokens a second, for what is done while a reply flows."""
    with FakeModel(tokens_per_second=50) as model:
        use(model, monkeypatch)
        yield model


def use(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(names.BASE_URL_VARIABLE, model.base_url)
    monkeypatch.setenv(names.KEY_VARIABLE, "key of the tests")


async def seen_by(model: FakeModel, predicate: Callable[[Record], Any]) -> None:
    """Wait, without holding up the server, until the upstream has seen something."""
    await asyncio.to_thread(model.wait_for, predicate, SOON)
