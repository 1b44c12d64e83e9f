"""What the chat shows where the built-in model answers, as with `manage.py dev` without a key."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, prompt, send
from tests.browser.axe import check
from tests.browser.conftest import open_chat
from tests.server import Dev


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Dev]:
    with Dev(tmp_path_factory.mktemp("dev"), upstream) as dev:
        yield dev


async def test_axe_finds_nothing_where_the_words_are_listed(tab: Page, dev: Dev) -> None:
    await open_chat(tab, dev)
    await button(tab, "/slow").click()
    await expect(prompt(tab)).to_have_value("/slow ")
    await check(tab)


async def test_the_chat_links_to_the_live_record(tab: Page, dev: Dev) -> None:
    await open_chat(tab, dev)
    async with tab.context.expect_page() as opened:
        await tab.get_by_role("link", name="live record").click()
    record = await opened.value
    await expect(record.get_by_role("heading", name="Live record")).to_be_visible()
    await send(tab, "/echo Hello")
    row = record.get_by_role("row").filter(has_text="/echo Hello")
    await expect(row).to_contain_text("Complete after")


async def test_the_chat_does_not_link_to_it_elsewhere(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Ask something to begin")).to_be_visible()
    await expect(page.get_by_role("link", name="live record")).to_have_count(0)
