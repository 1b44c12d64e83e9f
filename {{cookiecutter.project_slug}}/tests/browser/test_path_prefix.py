"""Under a path of its host the chat works whole, whether the proxy strips the path or not."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from fake_model.server import FakeModel
from tests.browser.conftest import no_errors
from tests.browser.reverse_proxy import reverse_proxy
from tests.server import Server

PREFIX = "/team/chat/"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Server]:
    variables = {"CHAT_PATH_PREFIX": PREFIX}
    with Server(tmp_path_factory.mktemp("prefixed"), upstream, **variables) as server:
        yield server


@pytest.mark.parametrize("strips", [True, False], ids=["stripped", "kept"])
async def test_the_chat_works_under_a_path(
    browser: Browser, prefixed: Server, strips: bool
) -> None:
    page = await browser.new_page()
    async with (
        reverse_proxy(prefixed.port, PREFIX, strips=strips) as address,
        no_errors(page),
    ):
        await page.goto(address)
        await page.get_by_role("textbox", name="Prompt").fill("/echo Hello")
        await page.get_by_role("button", name="Send").click()
        reply = page.locator("article[data-role=assistant]")
        await expect(reply).to_have_attribute("data-status", "complete")
        await expect(reply).to_contain_text("Hello")
        assert page.url.startswith(f"{address}c/")
        await page.reload()
        await expect(reply).to_contain_text("Hello")
        await page.get_by_role("button", name="New chat").click()
        await expect(reply).to_have_count(0)
        assert page.url == f"{address}new/"
        cookies = await page.context.cookies()
        assert {cookie.get("path") for cookie in cookies} == {PREFIX}


@pytest.mark.parametrize("is_set", [True, False])
async def test_without_the_setting_the_page_says_what_to_set(
    browser: Browser, server: Server, is_set: bool
) -> None:
    page = await browser.new_page()
    async with reverse_proxy(server.port, PREFIX, strips=True) as address:
        await page.goto(server.url if is_set else address)
        box = await page.get_by_text("set CHAT_PATH_PREFIX").bounding_box()
    assert box
    assert (box["height"] > 2) == (not is_set)
