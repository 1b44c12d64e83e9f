"""The cache of replies never stands in the way: broken, hanging, or turned off."""

import pytest
from django.core.cache.backends import locmem
from pytest_django import Settings

from chat.replies import cache
from fake_model.server import FakeModel
from tests.live_page import open_page
from tests.replies.caches import (
    Broken,
    Hanging,
    Strange,
    keep,
    kept_replies,
    leaves_alone,
    run,
    use,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_replies")]
__all__ = ["kept_replies"]


@pytest.mark.parametrize("backend", [Broken, Strange, Hanging])
async def test_a_cache_that_does_not_work_fails_no_reply(
    model: FakeModel,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    backend: type[locmem.LocMemCache],
) -> None:
    use(settings, backend)
    monkeypatch.setattr(cache, "PATIENCE_SECONDS", 0.2)
    running = await run("/echo one")
    await keep(running)
    assert (running.reply.status, running.reply.text) == ("complete", "one")
    assert not running.reply.is_from_cache
    assert "the cache of replies does not work" in caplog.text


async def test_stop_does_not_wait_for_a_cache_that_hangs(
    model: FakeModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, Hanging)
    monkeypatch.setattr(cache, "PATIENCE_SECONDS", 3600)
    async with open_page() as page:
        await page.event("submit", prompt="/echo one")
        await page.until(lambda page: page.turns)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    assert len(model.record) == 0


async def test_without_a_time_there_is_no_cache(
    model: FakeModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_CACHE_SECONDS = 0

    def refuse(*args: object) -> None:
        raise AssertionError("the cache was used")

    monkeypatch.setattr(cache, "_in_thread", refuse)
    monkeypatch.setattr(cache, "caches", None)
    running = await run("/echo one")
    await keep(running)
    assert running.reply.status == "complete"
    # What reads a reply is the same function as without this module.
    assert leaves_alone(running)
