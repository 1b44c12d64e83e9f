"""A browser, and what a person finds on the page."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from django.core.management import call_command
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)
from pytest_django import DjangoDbBlocker

from fake_model.server import FakeModel
from tests.browser.actions import reconnect_quickly
from tests.browser.ending import nothing_left
from tests.browser.launching import launch
from tests.browser.network import Network
from tests.server import Server
from tests.waiting import SOON

DESKTOP: ViewportSize = {"width": 1280, "height": 720}

expect.set_options(timeout=SOON * 1000)


@pytest.fixture(scope="session", autouse=True)
def _tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Create the tables that `Server` copies.

    pytest-django has created them if one of the chosen tests is marked with `django_db`.
    """
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeModel]:
    """The model of all tests: a test counts from what the record holds when it begins."""
    with FakeModel(tokens_per_second=400) as model:
        yield model


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Server]:
    """The server of all tests, since it starts slowly: each test is another visitor."""
    # However slow the machine is, a page that comes back is in time, and a long reply still flows.
    variables = {"CHAT_DISCONNECT_GRACE_SECONDS": "60", "CHAT_MAX_OUTPUT_TOKENS": "20000"}
    with Server(tmp_path_factory.mktemp("server"), upstream, **variables) as server:
        yield server


@pytest.fixture(scope="session")
def mortal(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModel) -> Iterator[Server]:
    """A server that a test may end, and starts again. A page that has gone gets no grace."""
    variables = {"CHAT_DISCONNECT_GRACE_SECONDS": "0"}
    with Server(tmp_path_factory.mktemp("mortal"), upstream, **variables) as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder on one event loop, that of the browser that they share."""
    on_one_loop = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(on_one_loop, append=False)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _nothing_left(request: pytest.FixtureRequest, upstream: FakeModel) -> AsyncIterator[None]:
    """The test ends its replies: the next one counts the requests from what the record holds."""
    names = [name for name in ("server", "mortal") if name in request.fixturenames]
    async with nothing_left(upstream, [request.getfixturevalue(name) for name in names]):
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser that all tests share, since it starts slowly; without another test's sessions."""
    before = chromium.contexts
    yield chromium
    for context in chromium.contexts:
        if context not in before:
            await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def window(chromium: Browser) -> Page:
    """The page that all tests share, since a new one takes as long as three visits.

    Nothing blinks or fades in it, which is drawn sixty times a second while a reply is awaited.
    """
    context = await chromium.new_context(reduced_motion="reduce")
    context.set_default_timeout(SOON * 1000)
    context.set_default_navigation_timeout(3 * SOON * 1000)
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(window: Page, server: Server) -> AsyncIterator[Page]:
    """The shared page, at an address without the chat, as a visitor has it who is new to it."""
    # First: a script waits without limit for a page that is just being left.
    await window.goto(f"{server.url}healthz")
    # The last visit has ended, so that nothing is written when its storage is emptied.
    await window.context.clear_cookies()
    await window.evaluate("sessionStorage.clear()")
    yield window
    await window.context.set_offline(False)
    await window.unroute_all()
    await window.set_viewport_size(DESKTOP)
    await window.emulate_media(color_scheme="null", reduced_motion="reduce")
    await window.context.clear_permissions()
    for page in window.context.pages:
        if page != window:
            await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def clocked(browser: Browser) -> Page:
    """A page for this test alone, whose clock the test may put forward instead of waiting.

    Its clock cannot be given back.
    """
    page = await (await browser.new_context(reduced_motion="reduce")).new_page()
    await page.clock.install()
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def page(tab: Page, server: Server) -> AsyncIterator[Page]:
    """The chat as a new visitor has it. The test fails on any error in the console."""
    async with no_errors(tab):
        await open_chat(tab, server)
        yield tab


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """The chat on a phone. The test fails on any error in the console."""
    size: ViewportSize = {"width": 390, "height": 844}
    context = await browser.new_context(viewport=size, has_touch=True, reduced_motion="reduce")
    page = await context.new_page()
    async with no_errors(page):
        await open_chat(page, server)
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def network(tab: Page, server: Server) -> AsyncIterator[Network]:
    """The network of `network.page`, which is open. The test fails on any error in its console.

    The page is for this test alone. Playwright cannot take back the route of its WebSocket, and on
    the shared page each later visit would take longer than the one before.
    """
    network = await Network.of(await tab.context.new_page())
    async with no_errors(network.page):
        await open_chat(network.page, server)
        await reconnect_quickly(network.page)
        yield network


@asynccontextmanager
async def no_errors(page: Page) -> AsyncIterator[None]:
    """Fail on any error in the page's console."""
    errors: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            errors.append(said.text)

    def note(error: Error) -> None:
        errors.append(str(error))

    page.on("console", hear)
    page.on("pageerror", note)
    yield
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", note)
    assert errors == []


async def open_chat(page: Page, server: Server) -> None:
    """Open the page, and wait until the server follows it: until then a prompt waits, and of two
    only the last counts."""
    await page.goto(server.url)
    await expect(page.locator("#log[data-followed]")).to_be_attached()
