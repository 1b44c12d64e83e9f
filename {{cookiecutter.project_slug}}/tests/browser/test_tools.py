"""Tool calls on the page: what a person sees of them, and answers."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.actions import button, expect_status, last_reply, send, stop
from tests.browser.conftest import no_errors
from tests.browser.network import Network

ADD = '/tool calculate {"expression": "2 + 3 * 4"} /echo I add them, as you asked.'
WAIT = '/tool wait {"seconds": 0} /echo I will wait now'


def call(page: Page, name: str) -> Locator:
    return last_reply(page).locator(f'[data-tool="{name}"]')


async def expect_call(page: Page, name: str, status: str) -> None:
    await expect(call(page, name)).to_have_attribute("data-status", status)


async def test_a_call_is_folded_and_stays_after_a_reload(page: Page) -> None:
    await send(page, ADD)
    await expect_status(page, "complete")
    for _ in ("as it was called", "after a reload"):
        await expect_call(page, "calculate", "complete")
        texts = last_reply(page).locator(".text")
        await expect(texts.first).to_contain_text("I add them")
        await expect(texts.last).to_contain_text("14")
        result = call(page, "calculate").get_by_text("14", exact=True)
        await expect(result).to_be_hidden()
        await call(page, "calculate").locator("summary").press("Enter")
        await expect(result).to_be_visible()
        await expect(call(page, "calculate").get_by_text("2 + 3 * 4")).to_be_visible()
        await page.reload()


async def test_a_tool_that_asks_is_allowed_after_a_reload_with_the_keyboard(page: Page) -> None:
    await send(page, WAIT)
    await expect(page.get_by_role("status")).to_have_text("Waiting for Allow or Deny")
    await page.reload()
    await expect_call(page, "wait", "waiting")
    await expect(button(page, "Send")).to_be_hidden()
    await expect(button(page, "Stop")).to_be_enabled()
    await button(page, "Allow").press("Enter")
    await expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    await expect_status(page, "complete")
    await expect_call(page, "wait", "complete")
    await expect(button(page, "Allow")).to_have_count(0)
    await expect(last_reply(page).locator(".text").last).to_contain_text("0 seconds are over")


async def test_a_tool_that_asks_is_denied(page: Page) -> None:
    await send(page, WAIT)
    await button(page, "Deny").click()
    await expect_status(page, "complete")
    await expect_call(page, "wait", "denied")


async def test_allow_waits_for_the_connection(network: Network) -> None:
    page = network.page
    await send(page, WAIT)
    await expect_call(page, "wait", "waiting")
    network.delay("chat:connected")
    await page.reload()
    await button(page, "Allow").click()
    await expect_call(page, "wait", "waiting")
    network.deliver()
    await expect_status(page, "complete")
    await expect_call(page, "wait", "complete")


async def test_stop_denies_and_can_be_retried(page: Page) -> None:
    await send(page, WAIT)
    await expect_call(page, "wait", "waiting")
    await stop(page)
    await expect_call(page, "wait", "denied")
    await expect(button(page, "Allow")).to_have_count(0)
    await button(page, "Retry").click()
    await expect_call(page, "wait", "waiting")
    await stop(page)


async def test_a_second_tab_sees_the_question_and_the_answer(page: Page) -> None:
    await send(page, WAIT)
    await expect_call(page, "wait", "waiting")
    other = await page.context.new_page()
    async with no_errors(other):
        await other.goto(page.url)
        await button(other, "Allow").click()
        await expect_status(other, "complete")
        await expect_status(page, "complete")
        await expect_call(page, "wait", "complete")


async def test_copy_has_all_texts_of_a_reply(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await send(page, ADD)
    await expect_status(page, "complete")
    await button(page, "Copy").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert re.match(r"I add them.*\n\n.*14", copied, re.DOTALL)
