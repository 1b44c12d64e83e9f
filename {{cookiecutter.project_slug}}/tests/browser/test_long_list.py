"""The list of somebody with many conversations: all of it is reached, and a search replaces it."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone
from playwright.async_api import Locator, Page, expect

from tests.browser.actions import prompt
from tests.server import Server

COUNT = 140
INSERT = (
    "INSERT INTO chat_conversation"
    " (id, visitor, title, created_at, active_at, model, is_unread) VALUES (?, ?, ?, ?, ?, '', 0)"
)


async def visitor(page: Page) -> str:
    """Who the server takes the page for: what the only signed cookie is about."""
    cookies = await page.context.cookies()
    return next(value.split(":")[0] for it in cookies if ":" in (value := it.get("value", "")))


async def open_long_list(page: Page, server: Server) -> Locator:
    """Conversations without turns, one on each day, all of which are shown."""
    me, now = await visitor(page), timezone.now()
    days = [str(now - timedelta(days=number)) for number in range(COUNT)]
    rows = [(uuid4().hex, me, f"Title {number}", day, day) for number, day in enumerate(days)]
    server.write(INSERT, rows)
    await page.reload()
    return await scroll_to_the_end(page)


async def scroll_to_the_end(page: Page) -> Locator:
    entries = page.locator(".entry")
    for count in (50, 100, COUNT):
        await expect(entries).to_have_count(count)
        await page.locator(".conversations .list").evaluate("it => (it.scrollTop = 1e6)")
    return entries


async def test_a_search_leaves_only_what_it_finds(page: Page, server: Server) -> None:
    """djust then sends whole HTML: the patches that leave out the others would be longer."""
    entries = await open_long_list(page, server)
    search = page.get_by_role("searchbox", name="Search")
    await prompt(page).fill("half a prompt")
    await search.fill("Title 139")
    await expect(entries).to_have_count(1)
    await expect(entries.get_by_role("link", name="Title 139")).to_be_visible()
    await expect(search).to_have_value("Title 139")
    await expect(prompt(page)).to_have_value("half a prompt")
    await search.fill("")
    await scroll_to_the_end(page)


async def test_a_lost_connection_leaves_all_of_it_within_reach(page: Page, server: Server) -> None:
    await open_long_list(page, server)
    await page.locator(".conversations .list").evaluate("it => (it.scrollTop = 0)")
    await page.evaluate("djust.liveViewInstance.ws.close()")
    await scroll_to_the_end(page)


async def test_delete_all_empties_it(page: Page, server: Server) -> None:
    entries = await open_long_list(page, server)
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Delete all").click()
    await expect(entries).to_have_count(0)
    await expect(page.get_by_text("No conversations yet.")).to_be_visible()
