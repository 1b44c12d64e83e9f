"""Who has to log in: the page leads there and back, and nothing that was typed is lost."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from playwright.async_api import Page, expect
from pytest_django import DjangoDbBlocker

from fake_model.server import FakeModel
from tests.browser.actions import (
    LONG_BREAK,
    button,
    expect_status,
    expect_words,
    prompt,
    reconnect_quickly,
    send,
)
from tests.browser.conftest import open_chat
from tests.browser.network import Network
from tests.server import Server

PASSWORD = "a password of the tests"


@pytest.fixture
def someone(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Someone who may log in to a server that starts now, since it copies the test database."""
    with django_db_blocker.unblock():
        user = get_user_model().objects.create_user("someone")
        user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
        user.save()
        yield
        user.delete()


async def log_in(page: Page) -> None:
    await page.get_by_label("Username").fill("someone")
    await page.get_by_label("Password").fill(PASSWORD)
    await button(page, "Log in").click()
    await expect(page.locator("body.dj-connected")).to_be_attached()


async def break_is_long(page: Page) -> None:
    """Let the time pass after which the page sees whether it has to log in."""
    await expect(page.locator("#log:not([data-followed])")).to_be_attached()
    await page.clock.fast_forward(LONG_BREAK)


async def test_logging_out_in_one_tab_ends_the_other(
    someone: None, clocked: Page, tmp_path: Path, upstream: FakeModel
) -> None:
    with Server(tmp_path, upstream, CHAT_LOGIN_REQUIRED="true") as server:
        tab, network = clocked, await Network.of(clocked)
        await tab.goto(server.url)
        await log_in(tab)
        other = await tab.context.new_page()
        await open_chat(other, server)
        await prompt(other).fill("not for who comes next")
        # Log out is on each page, and removes the drafts from each.
        await other.goto(f"{server.url}c/{uuid4()}/")
        await button(other, "Log out").click()
        await expect(other.get_by_label("Username")).to_be_visible()
        assert await other.evaluate("sessionStorage.length") == 0

        before = len(upstream.record)
        await prompt(tab).fill("typed while logged out")
        await prompt(tab).press("Enter")
        await break_is_long(tab)
        await log_in(tab)
        await expect(prompt(tab)).to_have_value("typed while logged out")
        assert len(upstream.record) == before
        await send(tab, "/echo back again")
        await expect_status(tab, "complete")

        # The session ends while nothing can be reached, and that for longer than it takes to ask.
        await reconnect_quickly(tab)
        await network.cut()
        await tab.context.set_offline(True)
        await tab.context.clear_cookies()
        await break_is_long(tab)
        await expect(tab.get_by_role("alert").filter(has_text="WebSocket")).to_be_visible()
        network.mend()
        await tab.context.set_offline(False)
        await log_in(tab)

        await other.goto(server.url)
        await send(tab, "/slow /long 300 which nobody else may read")
        await expect_words(tab)
        await button(other, "Log out").click()
        await expect(tab.get_by_label("Username")).to_be_visible()
