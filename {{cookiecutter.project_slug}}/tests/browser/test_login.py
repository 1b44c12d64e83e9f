"""Who has to log in: the page leads there and back, and nothing that was typed is lost."""

from pathlib import Path

from playwright.async_api import Page, expect

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
    tab: Page, tmp_path: Path, upstream: FakeModel
) -> None:
    variables = {"CHAT_LOGIN_REQUIRED": "true", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with Server(tmp_path, upstream, **variables) as server:
        server.manage("createsuperuser", "--noinput", "--username=someone", "--email=a@b.invalid")
        await tab.goto(server.url)
        await log_in(tab)
        other = await tab.context.new_page()
        await open_chat(other, server)
        await prompt(other).fill("not for who comes next")
        await button(other, "Log out").click()
        await expect(other.get_by_label("Username")).to_be_visible()
        assert await other.evaluate("sessionStorage.length") == 0

        before = len(upstream.record)
        await prompt(tab).fill("typed while logged out")
        await prompt(tab).press("Enter")
        await log_in(tab)
        await expect(prompt(tab)).to_have_value("typed while logged out")
        assert len(upstream.record) == before
        await send(tab, "/echo back again")
        await expect_status(tab, "complete")

        # The session ends while nothing can be reached, and that for longer than it takes to ask.
        await tab.context.set_offline(True)
        await tab.context.clear_cookies()
        await tab.evaluate("() => djust.liveViewInstance.ws.close()")
        await expect(tab.get_by_role("alert").filter(has_text="WebSocket")).to_be_visible()
        await tab.context.set_offline(False)
        await log_in(tab)

        await other.goto(server.url)
        await send(tab, "/long 4000 which nobody else may read")
        await expect_words(tab)
        await button(other, "Log out").click()
        await expect(tab.get_by_label("Username")).to_be_visible()
