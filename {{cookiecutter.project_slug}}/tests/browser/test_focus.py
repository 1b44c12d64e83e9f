"""Focus and selection stay where the reader put them, whatever happens to the reply."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from fake_model.server import FakeModel
from tests import held_threads
from tests.browser.actions import (
    button,
    expect_status,
    last_reply,
    messages,
    prompt,
    send,
)
from tests.browser.network import Network
from tests.conftest import seen_by
from tests.server import Server

SELECT_FOUR_LETTERS = """it => {
    const texts = document.createTreeWalker(it, NodeFilter.SHOW_TEXT);
    do texts.nextNode(); while (texts.currentNode.data.length < 4);
    getSelection().setBaseAndExtent(texts.currentNode, 0, texts.currentNode, 4);
}"""
WHERE = "[document.activeElement.ariaLabel, getSelection().toString()]"


PUSH_TEXT = """(edit) => dispatchEvent(new CustomEvent("djust:push_event", {
    detail: { event: "chat:text", payload: { edit } },
}))"""


async def send_and_see_it_begin(page: Page, upstream: FakeModel, text: str) -> None:
    """Send a prompt, and see its reply before it has a word.

    A reply that has ended before the page looks comes as a whole: it neither grows nor ends there.
    """
    with held_threads.of_model(upstream):
        await send(page, text)
        await expect_status(page, "streaming")


@pytest.mark.parametrize(
    ("word", "status"),
    [("", "complete"), ("/stall", "stopped"), ("/drop", "failed")],
)
async def test_both_stay_when_a_reply_ends(
    network: Network, upstream: FakeModel, word: str, status: str
) -> None:
    page = network.page
    network.delay("chat:end")
    # Plain words: while Markdown grows, a text can become a link, and its selection is lost.
    await send_and_see_it_begin(page, upstream, f"{word} /echo first words and last words")
    await expect(last_reply(page)).to_contain_text("first words")
    await page.get_by_role("region", name="Conversation").focus()
    await last_reply(page).locator(".text").evaluate(SELECT_FOUR_LETTERS)
    before = await page.evaluate(WHERE)
    if status == "stopped":
        await page.keyboard.press("Escape")
    network.deliver()
    await expect_status(page, status)
    assert await page.evaluate(WHERE) == before
    assert before[0] == "Conversation"
    assert before[1]


async def test_a_copy_button_keeps_the_focus_while_its_reply_grows(
    page: Page, upstream: FakeModel
) -> None:
    await send_and_see_it_begin(page, upstream, "/echo ```\ncode\n```")
    await expect_status(page, "complete")
    # Pressed, it shows for two seconds that it has copied.
    await button(page, "Copy code").press("Enter")
    await expect(page.locator("[data-copied]")).to_be_attached()
    reply = int(await last_reply(page).get_attribute("data-reply") or 0)
    await page.evaluate(PUSH_TEXT, [reply, 0, "<p>more</p>", -1])
    await expect(page.get_by_text("more", exact=True)).to_be_visible()
    await expect(button(page, "Copy code")).to_be_focused()


async def test_both_stay_when_a_reply_has_ended_during_a_break(
    network: Network, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    network.delay("chat:end")
    await send_and_see_it_begin(page, upstream, "/echo ```\ncode\n```\n\nwords")
    await expect(page.get_by_text("words", exact=True)).to_be_visible()
    await messages(page, "user").locator(".text").evaluate(SELECT_FOUR_LETTERS)
    await button(page, "Copy code").focus()
    where = await page.evaluate(WHERE)
    await network.cut()
    await seen_by(upstream, lambda record: record[before].ended, "the reply ends")
    await expect(page.locator("#log:not([data-followed])")).to_be_attached()
    network.mend()
    await expect_status(page, "complete")
    assert await page.evaluate(WHERE) == where
    await expect(button(page, "Copy code")).to_be_focused()


async def test_a_selection_in_the_prompt_keeps_its_direction(
    page: Page, upstream: FakeModel
) -> None:
    with held_threads.of_model(upstream):
        await send(page, "/long 120")
        await expect_status(page, "streaming")
        await prompt(page).fill("typed meanwhile")
        await prompt(page).press("Shift+ArrowLeft")
    await expect_status(page, "complete")
    await prompt(page).press("Shift+ArrowLeft")
    selected = await prompt(page).evaluate("it => it.value.slice(it.selectionStart)")
    assert selected == "le"


@asynccontextmanager
async def stop_is_focused(page: Page, upstream: FakeModel) -> AsyncIterator[None]:
    """A reply streams, and Stop has the focus by the keyboard. At the end the reply completes."""
    with held_threads.of_model(upstream):
        await send(page, "/echo one two three")
        await expect_status(page, "streaming")
        await page.keyboard.press("Tab")
        await expect(button(page, "Stop")).to_be_focused()
        yield
    await expect_status(page, "complete")
    await expect(button(page, "Stop")).to_be_hidden()


async def test_the_focus_of_a_button_that_is_disabled_goes_to_the_prompt(
    page: Page, upstream: FakeModel
) -> None:
    await expect(prompt(page)).to_be_focused()
    async with stop_is_focused(page, upstream):
        pass
    await expect(prompt(page)).to_be_focused()


async def test_the_focus_of_a_button_that_the_reader_has_left_goes_nowhere(
    page: Page, upstream: FakeModel
) -> None:
    async with stop_is_focused(page, upstream):
        await page.get_by_role("heading", level=1).click()
    assert await page.evaluate("document.activeElement === document.body")


async def test_enter_breaks_the_line_on_a_phone(browser: Browser, server: Server) -> None:
    context = await browser.new_context(has_touch=True, is_mobile=True)
    page = await context.new_page()
    await page.goto(server.url)
    await prompt(page).fill("/echo one")
    await prompt(page).press("Enter")
    await prompt(page).press_sequentially("two")
    await expect(prompt(page)).to_have_value("/echo one\ntwo")
    await button(page, "Send").tap()
    await expect_status(page, "complete")
    await expect(messages(page, "user")).to_have_text(["/echo one\ntwo"])
