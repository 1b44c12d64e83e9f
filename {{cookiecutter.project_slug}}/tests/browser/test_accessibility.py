"""axe-core finds no fault in any state of the page, in light or in dark."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.actions import (
    LONG_BREAK,
    button,
    expect_status,
    last_reply,
    messages,
    prompt,
    send,
    stop,
)
from tests.browser.axe import check
from tests.browser.conftest import DESKTOP, open_chat
from tests.server import Server


async def empty(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Ask something to begin")).to_be_visible()


async def waiting(page: Page) -> None:
    await send(page, "/silent")
    await expect_status(page, "streaming")


async def streaming(page: Page) -> None:
    await send(page, "/stall /code")
    await expect(last_reply(page).locator("pre")).not_to_have_count(0)


async def thinking(page: Page) -> None:
    await send(page, "/stall /think /echo")
    await last_reply(page).locator("summary").press("Enter")
    await expect(last_reply(page).locator("details")).to_contain_text("asked")


async def complete(page: Page) -> None:
    for words in ("/markdown", "/code", "/table 3"):
        await send(page, words)
        await expect_status(page, "complete")


async def scrolled_up(page: Page) -> None:
    await send(page, "/echo " + "line\n\n" * 40)
    await expect_status(page, "complete")
    await page.get_by_role("region", name="Conversation").press("PageUp")
    await expect(button(page, "Jump to latest")).to_be_visible()


async def stopped(page: Page) -> None:
    await streaming(page)
    await stop(page)
    await expect(button(page, "Retry")).to_be_visible()


async def failed(page: Page) -> None:
    await send(page, "/drop")
    await expect_status(page, "failed")


async def counting_down(page: Page) -> None:
    await send(page, "/429")
    await expect_status(page, "failed")
    await expect(button(page, "Retry")).to_be_disabled()


async def refused(page: Page) -> None:
    await prompt(page).fill("x" * 8001)
    await button(page, "Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("too long")


STATES = [
    empty,
    waiting,
    thinking,
    streaming,
    complete,
    scrolled_up,
    stopped,
    failed,
    counting_down,
    refused,
]
STREAMING = (waiting, thinking, streaming)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(chromium: Browser, server: Server) -> AsyncIterator[Page]:
    """One page for all states: to load axe again takes as long as to open the chat."""
    context = await chromium.new_context(reduced_motion="reduce")
    page = await context.new_page()
    await open_chat(page, server)
    yield page
    await context.close()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_axe_finds_nothing(
    shared: Page, server: Server, state: Callable[[Page], Awaitable[None]]
) -> None:
    await shared.set_viewport_size(DESKTOP)
    await button(shared, "New chat").click()
    await expect(messages(shared, "user")).to_have_count(0)
    await state(shared)
    await check(shared)
    if state in STREAMING:
        await stop(shared)


async def test_axe_finds_nothing_on_the_login_page(tab: Page, server: Server) -> None:
    await tab.goto(f"{server.url}accounts/login/")
    await tab.get_by_label("Username").fill("someone")
    await tab.get_by_label("Password").fill("wrong")
    await button(tab, "Log in").click()
    await expect(tab.get_by_role("alert")).to_be_visible()
    await check(tab)


async def test_axe_finds_nothing_where_there_is_no_conversation(tab: Page, server: Server) -> None:
    await tab.goto(f"{server.url}c/{uuid.uuid4()}/")
    await expect(tab.get_by_role("link", name="Go to your newest one")).to_be_visible()
    await check(tab)


async def test_axe_finds_nothing_without_a_websocket(clocked: Page, server: Server) -> None:
    await clocked.route_web_socket("**/ws/live/", lambda socket: socket.close())
    await clocked.goto(server.url)
    await clocked.clock.fast_forward(LONG_BREAK)
    await expect(clocked.get_by_role("alert")).to_contain_text("WebSocket")
    await check(clocked)
