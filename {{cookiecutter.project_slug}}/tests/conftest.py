"""What the tests share: the built-in model as the upstream."""

import asyncio
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from fake_model.record import Record
from fake_model.server import FakeModel

# Seconds: a limit for what happens at once, generous for a busy machine. Less than
# CHAT_IDLE_TIMEOUT_SECONDS, which closes a silent connection too, and would be taken for Stop.
SOON = 45.0

KEY = "sk-the-key-of-the-tests"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the developer's own is not asked for this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream that the SDK asks, as fast as it can. Its record is what Stop is judged by."""
    with FakeModel(tokens_per_second=math.inf) as model:
        point_at(model.base_url, monkeypatch)
        yield model


@pytest.fixture
def slow_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream at 50 tokens a second, for what is done while a reply flows."""
    with FakeModel(tokens_per_second=50) as model:
        point_at(model.base_url, monkeypatch)
        yield model


def point_at(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the SDK's requests to `base_url`."""
    monkeypatch.setattr(settings, "CHAT_BASE_URL", base_url)
    monkeypatch.setattr(settings, "CHAT_API_KEY", KEY)


async def seen_by(model: FakeModel, predicate: Callable[[Record], Any]) -> None:
    """Wait, without holding up the server, until the upstream has seen something."""
    await asyncio.to_thread(model.wait_for, predicate, SOON)
