"""The list of conversations on the page: mouse, keyboard, a phone, and two tabs."""

import re

from playwright.async_api import Locator, Page, expect

from fake_model.server import FakeModel
from tests import held_threads
from tests.browser.actions import begin, button, expect_status, last_reply, prompt, send, stop
from tests.browser.axe import check
from tests.browser.conftest import DESKTOP, no_errors, open_chat
from tests.server import Server


def entry(page: Page, title: str) -> Locator:
    link = page.get_by_role("link", name=title, exact=True)
    return page.get_by_role("navigation", name="Conversations").locator("li", has=link)


def link(page: Page, title: str) -> Locator:
    return entry(page, title).get_by_role("link")


async def test_one_opens_another_and_back_leads_back(page: Page) -> None:
    await begin(page, "/echo first")
    await expect_status(page, "complete")
    first = page.url
    await begin(page, "/echo second")
    await expect_status(page, "complete")
    await prompt(page).fill("a draft")
    await page.evaluate("window.isSamePage = true")
    await link(page, "/echo first").click()
    await expect(last_reply(page).locator(".text")).to_have_text("first")
    await expect(link(page, "/echo first")).to_have_attribute("aria-current", "page")
    await expect(link(page, "/echo second")).not_to_have_attribute("aria-current", "page")
    await expect(prompt(page)).to_have_value("")
    assert page.url == first
    await page.go_back()
    await expect(last_reply(page).locator(".text")).to_have_text("second")
    await expect(prompt(page)).to_have_value("a draft")
    assert await page.evaluate("window.isSamePage")
    await prompt(page).fill("")


async def test_a_reply_goes_on_elsewhere_and_is_marked_as_unread(
    page: Page, upstream: FakeModel
) -> None:
    title = "/echo one two three"
    with held_threads.of_model(upstream):
        await begin(page, title)
        await begin(page, "/echo second")
        await expect(entry(page, title).get_by_role("img", name="Generating")).to_be_visible()
    await expect(entry(page, title).get_by_role("img", name="Unread")).to_be_visible()
    await expect(page).to_have_title(re.compile(r"^\(1\) "))
    await link(page, title).click()
    await expect(last_reply(page).locator(".text")).to_have_text("one two three")
    await expect(page).not_to_have_title(re.compile(r"^\("))


async def test_the_tab_has_the_title_of_its_conversation(page: Page) -> None:
    site = await page.title()
    await begin(page, "/echo first")
    await expect(page).to_have_title(f"/echo first - {site}")
    await expect_status(page, "complete")
    await begin(page, "/echo second")
    await expect(page).to_have_title(f"/echo second - {site}")
    await expect_status(page, "complete")
    await link(page, "/echo first").click()
    await expect(page).to_have_title(f"/echo first - {site}")
    await entry(page, "/echo first").get_by_role("button", name="Rename").press("Enter")
    await page.get_by_role("textbox", name="Title").fill("A better title")
    await page.get_by_role("textbox", name="Title").press("Enter")
    await expect(page).to_have_title(f"A better title - {site}")
    await page.reload()
    await expect(page).to_have_title(f"A better title - {site}")
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await button(page, "New chat").click()
    await expect(page).to_have_title(site)


async def test_rename_with_the_keyboard(page: Page) -> None:
    await begin(page, "/stall /echo rename me")
    rename = entry(page, "/stall /echo rename me").get_by_role("button", name="Rename")
    await rename.press("Enter")
    title = page.get_by_role("textbox", name="Title")
    await expect(title).to_be_focused()
    await title.press("Escape")
    await expect(title).to_have_count(0)
    await rename.press("Enter")
    await title.fill("A better title")
    await title.press("Enter")
    await expect(link(page, "A better title")).to_be_visible()
    await expect_status(page, "streaming")
    await page.reload()
    await expect(link(page, "A better title")).to_be_visible()
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_delete_and_undo_with_the_keyboard(page: Page) -> None:
    await begin(page, "/echo delete me")
    await expect_status(page, "complete")
    await entry(page, "/echo delete me").get_by_role("button", name="Delete").press("Enter")
    await expect(entry(page, "/echo delete me")).to_have_count(0)
    await expect(page.locator(".turn")).to_have_count(0)
    await expect(page.get_by_text("“/echo delete me” was deleted.")).to_be_visible()
    await expect(button(page, "Undo")).to_be_focused()
    await button(page, "Undo").press("Enter")
    await expect(link(page, "/echo delete me")).to_be_visible()
    await expect(button(page, "Undo")).to_have_count(0)
    # It is shown again.
    await expect(last_reply(page).locator(".text")).to_have_text("delete me")
    await expect(link(page, "/echo delete me")).to_have_attribute("aria-current", "page")


async def test_undo_outlives_another_delete_and_a_reload(page: Page) -> None:
    for word in ("first", "second"):
        await begin(page, f"/echo {word} of two")
        await expect_status(page, "complete")
    for word in ("first", "second"):
        await entry(page, f"/echo {word} of two").get_by_role("button", name="Delete").click()
        await expect(page.locator(".undo")).to_contain_text(f"“/echo {word} of two” was deleted.")
    # The list follows before the log: until then, the address is that of the second.
    await expect(page).to_have_url(re.compile("/new/$"))
    await page.reload()
    for word in ("second", "first"):
        await expect(page.locator(".undo")).to_contain_text(f"“/echo {word} of two” was deleted.")
        await button(page, "Undo").click()
        await expect(link(page, f"/echo {word} of two")).to_be_visible()
    await expect(button(page, "Undo")).to_have_count(0)


async def test_search_and_move_with_the_keyboard(page: Page) -> None:
    for word in ("ferry", "lighthouse"):
        await begin(page, f"/echo {word} of the keyboard")
        await expect_status(page, "complete")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    await page.keyboard.type("ferry keyboard")
    await expect(entry(page, "/echo lighthouse of the keyboard")).to_have_count(0)
    await page.keyboard.press("Control+a")
    await page.keyboard.type("of the keyboard")
    await expect(entry(page, "/echo lighthouse of the keyboard")).to_have_count(1)
    await page.keyboard.press("Alt+ArrowDown")
    await expect(last_reply(page).locator(".text")).to_have_text("ferry of the keyboard")
    await expect(link(page, "/echo ferry of the keyboard")).to_have_attribute(
        "aria-current", "page"
    )
    # As it is before the list has followed the log.
    await link(page, "/echo lighthouse of the keyboard").evaluate(
        "it => it.setAttribute('aria-current', 'page')"
    )
    await page.keyboard.press("Alt+ArrowUp")
    await expect(last_reply(page).locator(".text")).to_have_text("lighthouse of the keyboard")
    # The event of a search comes late: see it handled before the page is left.
    await page.get_by_role("searchbox", name="Search").fill("nothing like it")
    await expect(page.get_by_text("Nothing found.")).to_be_visible()
    await page.get_by_role("region", name="Conversation", exact=True).press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


async def test_another_tab_follows(page: Page) -> None:
    await begin(page, "/echo two tabs")
    await expect_status(page, "complete")
    other = await page.context.new_page()
    async with no_errors(other):
        await other.goto(page.url)
        await expect(other.locator("#log[data-followed]")).to_be_attached()
        await other.evaluate("document.activeElement.blur()")
        await entry(page, "/echo two tabs").get_by_role("button", name="Delete").click()
        await expect(entry(other, "/echo two tabs")).to_have_count(0)
        await expect(button(other, "Undo")).to_be_visible()
        await expect(button(other, "Undo")).not_to_be_focused()
        await button(page, "Undo").click()
        await expect(link(other, "/echo two tabs")).to_be_visible()
        await expect(button(other, "Undo")).to_have_count(0)
    await other.close()


async def test_axe_finds_nothing_in_its_states(tab: Page, server: Server) -> None:
    await open_chat(tab, server)
    await send(tab, "/stall /echo one")
    await begin(tab, "/echo two")
    await expect_status(tab, "complete")
    await tab.evaluate("() => document.documentElement.toggleAttribute('data-list-open', true)")
    await entry(tab, "/echo two").get_by_role("button", name="Rename").click()
    await expect(tab.get_by_role("textbox", name="Title")).to_be_focused()
    await check(tab)
    await button(tab, "Cancel").click()
    await entry(tab, "/echo two").get_by_role("button", name="Delete").click()
    await expect(button(tab, "Undo")).to_be_visible()
    await check(tab)
    await button(tab, "Keys").click()
    await check(tab)
    await tab.keyboard.press("Escape")
    await tab.set_viewport_size(DESKTOP)
    await link(tab, "/stall /echo one").click()
    await expect_status(tab, "streaming")
    await stop(tab)


async def test_delete_all_asks_first(page: Page) -> None:
    await begin(page, "/echo all of it")
    await expect_status(page, "complete")
    page.once("dialog", lambda dialog: dialog.dismiss())
    await button(page, "Delete all").click()
    # The server handles events in their order: one that deletes would be done by then.
    await begin(page, "/echo after it")
    await expect_status(page, "complete")
    await expect(link(page, "/echo all of it")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    await button(page, "Delete all").click()
    await expect(page.get_by_text("No conversations yet.")).to_be_visible()
    await expect(page.locator(".turn")).to_have_count(0)
