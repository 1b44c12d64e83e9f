"""A reply from the cache is marked on the page, and its text is the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, expect_status, last_reply, send
from tests.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Server]:
    """A server whose cache is on."""
    folder: Path = tmp_path_factory.mktemp("cache")
    with Server(folder, upstream, CHAT_CACHE_SECONDS="600") as server:
        yield server


async def test_the_same_prompt_in_a_new_chat_is_answered_by_the_cache(
    page: Page, upstream: FakeModel
) -> None:
    before = len(upstream.record)
    await send(page, "/think 20 /code")
    await expect_status(page, "complete")
    text = await last_reply(page).locator(".text").inner_html()
    await expect(last_reply(page)).not_to_have_attribute("data-cached", "")
    for _ in range(2):
        # What is kept is kept just after the end of a reply, which the page need not await.
        await button(page, "New chat").click()
        await expect(last_reply(page)).to_have_count(0)
        await send(page, "/think 20 /code")
        await expect_status(page, "complete")
    await expect(last_reply(page)).to_have_attribute("data-cached", "")
    await expect(last_reply(page).locator(".text")).to_be_visible()
    assert await last_reply(page).locator(".text").inner_html() == text
    assert len(upstream.record) <= before + 2
    await page.reload()
    await expect(last_reply(page)).to_have_attribute("data-cached", "")
