"""Two server processes with one database: what one streams, the other shows and stops."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, expect_status, expect_words, last_reply, send
from tests.browser.conftest import open_chat
from tests.conftest import seen_by
from tests.server import Server


@pytest.fixture
def other(mortal: Server, tmp_path: Path, upstream: FakeModel) -> Iterator[Server]:
    """Another process of `mortal`'s site."""
    with Server(tmp_path, upstream, DATABASE_URL=mortal.environment["DATABASE_URL"]) as server:
        yield server


async def test_text_and_stop_cross_processes(
    tab: Page, mortal: Server, other: Server, upstream: FakeModel
) -> None:
    before = len(upstream.record)
    await open_chat(tab, mortal)
    await send(tab, "/slow /long 300")
    await expect_words(tab)
    elsewhere = await tab.context.new_page()
    await elsewhere.goto(tab.url.replace(mortal.url, other.url))
    await expect_status(elsewhere, "streaming")
    shown = await last_reply(elsewhere).locator(".text").inner_text()
    await expect(last_reply(elsewhere).locator(".text")).not_to_have_text(shown)

    # The page that is left keeps the reply, though its process gives no grace.
    await tab.goto("about:blank")
    shown = await last_reply(elsewhere).locator(".text").inner_text()
    await expect(last_reply(elsewhere).locator(".text")).not_to_have_text(shown)
    assert upstream.record[before].ended_by is None

    await button(elsewhere, "Stop").click()
    await expect_status(elsewhere, "stopped")
    await seen_by(upstream, lambda record: record[before].ended_by == "client")
    await tab.goto(elsewhere.url.replace(other.url, mortal.url))
    await expect_status(tab, "stopped")
    assert len(upstream.record) == before + 1
