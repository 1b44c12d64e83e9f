"""Regenerate, Edit and paging between versions, as a person does them."""

import asyncio
import re

from playwright.async_api import Locator, Page, Route, expect

from fake_model.server import FakeModel
from tests.browser.actions import (
    button,
    expect_status,
    expect_words,
    last_reply,
    messages,
    prompt,
    script,
    send,
)
from tests.browser.axe import check
from tests.browser.conftest import no_errors
from tests.browser.network import Network
from tests.conftest import closed_by_client

NEXT_FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def editor(page: Page) -> Locator:
    return messages(page, "user").get_by_role("textbox")


async def expect_version(page: Page, words: str) -> None:
    await expect(last_reply(page).get_by_text(re.compile(r"^\d+ of \d+$"))).to_have_text(words)


async def two_versions(page: Page) -> None:
    """Two versions of one turn, of which the second is shown."""
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await editor(page).fill("/echo two")
    await editor(page).press("Enter")
    await expect_version(page, "2 of 2")
    await expect_status(page, "complete")


async def test_versions_are_paged_with_the_keyboard_and_every_tab_follows(page: Page) -> None:
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Regenerate").press("Enter")
    await expect(prompt(page)).to_be_focused()
    await expect_version(page, "2 of 2")
    await expect_status(page, "complete")
    await expect(button(page, "Next version")).to_be_disabled()
    other = await page.context.new_page()
    async with no_errors(other):
        await other.goto(page.url)
        await button(page, "Previous version").press("Enter")
        await expect_version(page, "1 of 2")
        await expect(page.get_by_role("status")).to_have_text("Version 1 of 2")
        # The one that was pressed can no longer be.
        await expect(button(page, "Next version")).to_be_focused()
        await expect_version(other, "1 of 2")
        await page.reload()
        await expect_version(page, "1 of 2")
        await button(other, "Next version").click()
        await expect_version(page, "2 of 2")


async def test_a_prompt_is_edited_in_its_place(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").press("Enter")
    await expect(editor(page)).to_be_focused()
    await expect(editor(page)).to_have_value("/echo one")
    await expect(button(page, "Edit")).to_be_hidden()
    await editor(page).press_sequentially(" more")
    await editor(page).press("Escape")
    await expect(button(page, "Edit")).to_be_focused()
    await expect(messages(page, "user")).to_have_text(["/echo one"])
    await button(page, "Edit").click()
    await editor(page).fill("/echo two")
    await editor(page).press("Shift+Enter")
    await editor(page).press_sequentially("lines")
    await button(page, "Save").click()
    await expect(messages(page, "user")).to_have_text(["/echo two\nlines"])
    await expect(prompt(page)).to_be_focused()
    await expect_status(page, "complete")
    assert [entry.messages[-1].text for entry in upstream.record[before:]] == [
        "/echo one",
        "/echo two\nlines",
    ]


async def test_a_press_of_edit_waits_for_the_editor(page: Page) -> None:
    asked, may_come = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await may_come.wait()
        await route.continue_()

    await page.route(script("chat/editor.js"), hold)
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await asked.wait()
    may_come.set()
    await expect(editor(page)).to_be_focused()


async def test_escape_in_the_editor_stops_nothing(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    other = await page.context.new_page()
    await other.goto(page.url)
    await send(other, "/stall /echo one two three four")
    await expect_words(page)
    # djust has patched the controls meanwhile.
    await expect(editor(page)).to_be_focused()
    await editor(page).press("Escape")
    await expect(editor(page)).to_have_count(0)
    await expect(prompt(page)).to_be_focused()
    await expect_status(page, "streaming")
    await prompt(page).press("Escape")
    await expect_status(page, "stopped")
    await closed_by_client(upstream, before + 1)


async def test_what_was_typed_stays_until_it_is_accepted(page: Page) -> None:
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await editor(page).fill("x" * 9000)
    await button(page, "Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("too long")
    await expect(editor(page)).to_have_value("x" * 9000)
    await editor(page).fill("/echo mine")
    other = await page.context.new_page()
    await other.goto(page.url)
    await button(other, "Regenerate").click()
    await expect_version(page, "2 of 2")
    await expect_status(page, "complete")
    await expect(editor(page)).to_have_value("/echo mine")
    await editor(page).press("Enter")
    await expect_version(page, "3 of 3")
    await expect(messages(page, "user")).to_have_text(["/echo mine"])


async def test_what_is_typed_survives_a_reload_and_another_conversation(page: Page) -> None:
    await send(page, "/echo one")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await editor(page).fill("/echo half a")
    await page.reload()
    await expect(editor(page)).to_have_value("/echo half a")
    await button(page, "New chat").click()
    await expect(editor(page)).to_have_count(0)
    await page.go_back()
    await expect(editor(page)).to_have_value("/echo half a")
    # A logout removes what begins so (prompt.js).
    keys = await page.evaluate("Object.keys(sessionStorage)")
    assert keys
    assert all(key.startswith("chat:draft:") for key in keys)
    await editor(page).press("Enter")
    await expect_version(page, "2 of 2")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await expect(editor(page)).to_have_value("/echo half a")
    await editor(page).fill("/echo no more")
    await editor(page).press("Escape")
    await page.reload()
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await expect(editor(page)).to_have_count(0)


async def test_save_waits_for_the_connection_and_its_answer_may_be_lost(network: Network) -> None:
    page = network.page
    await two_versions(page)
    await button(page, "Edit").click()
    await editor(page).fill("/echo three")
    await network.cut()
    await expect(page.locator("#log:not([data-followed])")).to_be_attached()
    await button(page, "Save").click()
    await expect(editor(page)).to_have_value("/echo three")
    network.mend()
    await expect_version(page, "3 of 3")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await editor(page).fill("/echo four")
    answer = asyncio.create_task(network.lose("chat:sent"))
    await editor(page).press("Control+Enter")
    await answer
    await network.cut()
    network.mend()
    await expect_version(page, "4 of 4")
    await expect(editor(page)).to_have_count(0)


async def test_only_the_last_turn_changes_and_none_while_a_reply_streams(page: Page) -> None:
    await two_versions(page)
    await send(page, "/stall /echo three and more")
    await expect_words(page)
    for name in ("Edit", "Regenerate"):
        await expect(button(page, name)).to_have_count(0)
    await expect(button(page, "Previous version")).to_be_disabled()
    await page.reload()
    await expect(button(page, "Previous version")).to_be_disabled()
    await expect(page.locator("#log[data-followed]")).to_be_attached()
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    for name in ("Edit", "Regenerate", "Retry"):
        await expect(button(page, name)).to_have_count(1)
    # An earlier turn can still be paged, and the last one stays as it is.
    await button(page, "Previous version").click()
    await expect(messages(page, "user").first).to_have_text("/echo one")
    await expect(page.get_by_role("status")).to_have_text("Version 1 of 2")
    await expect(last_reply(page)).to_have_attribute("data-status", "stopped")


async def test_axe_finds_nothing(page: Page) -> None:
    await two_versions(page)
    await check(page)
    await button(page, "Edit").click()
    await check(page)


async def test_the_editor_stays_in_sight_in_a_smaller_window(page: Page) -> None:
    # All of it is in sight, so the log is at its end.
    await send(page, "/long 80")
    await expect_status(page, "complete")
    await button(page, "Edit").click()
    await expect(editor(page)).to_be_in_viewport()
    # As when a phone is turned, or shows its keyboard.
    await page.set_viewport_size({"width": 480, "height": 400})
    await page.evaluate(NEXT_FRAME)
    await expect(editor(page)).to_be_in_viewport()
    await expect(editor(page)).to_be_focused()
