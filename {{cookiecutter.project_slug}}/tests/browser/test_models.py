"""The picker of the model, by keyboard and for a screen reader."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import (
    button,
    expect_status,
    last_reply,
    prompt,
    send,
)
from tests.browser.axe import check
from tests.browser.conftest import no_errors, open_chat
from tests.browser.network import Network
from tests.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Server]:
    """A server that offers two models."""
    folder: Path = tmp_path_factory.mktemp("models")
    with Server(folder, upstream, CHAT_MODELS="small,large") as server:
        yield server


def picker(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Model", exact=True)


async def test_a_model_is_picked_with_the_keyboard_and_kept(page: Page) -> None:
    await expect(picker(page)).to_have_value("small")
    await expect(prompt(page)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(picker(page)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(picker(page)).to_have_value("large")
    await expect(picker(page)).to_be_focused()
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await expect(last_reply(page).locator(".foot")).to_contain_text("large")
    await page.reload()
    await expect(picker(page)).to_have_value("large")
    await expect(last_reply(page).locator(".foot")).to_contain_text("large")


async def test_the_picker_rests_while_a_reply_streams(page: Page) -> None:
    await send(page, "/silent")
    await expect(picker(page)).to_be_disabled()
    await button(page, "Stop").click()
    await expect(picker(page)).to_be_enabled()


async def test_a_pick_before_the_first_prompt_is_kept_over_a_lost_connection(
    network: Network,
) -> None:
    page = network.page
    await picker(page).select_option("large")
    await network.cut()
    await expect(page.locator("#log[data-followed]")).to_have_count(0)
    network.mend()
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await expect(picker(page)).to_have_value("large")
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await expect(last_reply(page).locator(".foot")).to_contain_text("large")


async def test_another_tab_follows_with_the_next_reply(page: Page, server: Server) -> None:
    await send(page, "/echo one")
    await expect_status(page, "complete")
    other = await page.context.new_page()
    await open_chat(other, server)
    await picker(other).select_option("large")
    await send(other, "/echo two")
    await expect_status(other, "complete")
    await expect(picker(page)).to_have_value("large")


async def test_axe_finds_nothing(tab: Page, server: Server) -> None:
    async with no_errors(tab):
        await open_chat(tab, server)
        await send(tab, "/echo one")
        await expect_status(tab, "complete")
        await check(tab)
