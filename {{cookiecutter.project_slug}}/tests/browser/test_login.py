"""Who has to log in: the page leads there and back, and nothing that was typed is lost."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import button, expect_status, expect_words, prompt, send
from tests.browser.conftest import open_chat
from tests.server import Server

PASSWORD = "a password of the tests"


async def log_in(page: Page) -> None:
    await page.get_by_label("Username").fill("someone")
    await page.get_by_label("Password").fill(PASSWORD)
    await button(page, "Log in").click()
    await expect(page.locator("body.dj-connected")).to_be_attached()


async def test_logging_out_in_one_tab_ends_the_other(
    browser: Browser, tmp_path: Path, upstream: FakeModel
) -> None:
    variables = {"CHAT_LOGIN_REQUIRED": "true", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with Server(tmp_path, upstream, **variables) as server:
        server.manage("createsuperuser", "--noinput", "--username=someone", "--email=a@b.invalid")
        page = await (await browser.new_context()).new_page()
        await page.goto(server.url)
        await log_in(page)
        other = await page.context.new_page()
        await open_chat(other, server)
        await button(other, "Log out").click()
        await expect(other.get_by_label("Username")).to_be_visible()

        before = len(upstream.record)
        await prompt(page).fill("typed while logged out")
        await prompt(page).press("Enter")
        await log_in(page)
        await expect(prompt(page)).to_have_value("typed while logged out")
        assert len(upstream.record) == before
        await send(page, "/echo back again")
        await expect_status(page, "complete")

        await other.goto(server.url)
        await send(page, "/long 2000 which nobody else may read")
        await expect_words(page)
        await button(other, "Log out").click()
        await expect(page.get_by_label("Username")).to_be_visible()
