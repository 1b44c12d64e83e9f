"""A conversation as a person has it."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import (
    button,
    expect_status,
    expect_words,
    last_reply,
    messages,
    send,
)
from tests.browser.conftest import no_errors, open_chat
from tests.conftest import closed_by_client, seen_by
from tests.server import Server

COUNT_TEXTS = """() => {
    window.lengths = new Set();
    new MutationObserver(() => {
        const reply = [...document.querySelectorAll('[data-role="assistant"] .text')].at(-1);
        if (reply) window.lengths.add(reply.textContent.length);
    }).observe(document.querySelector('[role="log"]'), {
        subtree: true, childList: true, characterData: true,
    });
}"""


async def test_a_reply_grows_in_steps(page: Page) -> None:
    # The first reply of a process waits for the SDK, while tokens gather.
    await send(page, "/echo first")
    await expect_status(page, "complete")
    await page.evaluate(COUNT_TEXTS)
    # Three tokens a second, for as long as a busy machine needs to show six of them apart.
    await send(page, "/slow /long 60")
    await page.wait_for_function(
        "() => window.lengths.size >= 6 || !document.querySelector('[data-status=streaming]')"
    )
    assert await page.evaluate("window.lengths.size") >= 6
    await expect_status(page, "streaming")
    await button(page, "Stop").click()
    await expect_status(page, "stopped")


async def test_stop_ask_again_and_reload(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/slow /long 300 first")
    await expect_words(page)
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    await expect(last_reply(page)).to_contain_text("Stopped")
    await expect(page.get_by_role("alert")).to_have_count(0)
    stopped = await last_reply(page).locator(".text").inner_text()
    await closed_by_client(upstream, before)

    await send(page, "/echo second")
    await expect_status(page, "complete")
    told = [message.role for message in upstream.record[before + 1].messages]
    assert told == ["user", "assistant", "user"]

    await page.reload()
    await expect(messages(page, "user")).to_have_count(2)
    assert await messages(page, "assistant").first.locator(".text").inner_text() == stopped
    await expect(last_reply(page).locator(".text")).to_have_text("second")


async def test_a_stopped_reply_is_retried(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/silent stopped")
    await expect_status(page, "streaming")
    await seen_by(upstream, lambda record: len(record) == before + 1)
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    await button(page, "Retry").click()
    await seen_by(upstream, lambda record: len(record) == before + 2)
    await expect_status(page, "streaming")
    await expect(button(page, "Retry")).to_have_count(0)
    await expect(messages(page, "user")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_escape_stops_a_retry_that_is_on_its_way(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/silent stopped twice")
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    first = await last_reply(page).get_attribute("data-reply")
    await button(page, "Retry").evaluate(
        "it => { it.click(); document.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Escape'})); }"
    )
    await expect(last_reply(page)).not_to_have_attribute("data-reply", first or "")
    await expect_status(page, "stopped")
    await seen_by(upstream, lambda record: all(entry.ended_by for entry in record[before:]))


async def test_a_failure_is_told_and_retried(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/drop /long 60")
    await expect_status(page, "failed")
    await expect(page.get_by_role("alert")).to_contain_text("was lost")
    part = await last_reply(page).locator(".text").inner_text()
    assert part
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("was lost")
    assert await last_reply(page).locator(".text").inner_text() == part
    first = await last_reply(page).get_attribute("data-reply")
    await button(page, "Retry").click()
    await seen_by(upstream, lambda record: record[before + 1].ended)
    await expect(last_reply(page)).not_to_have_attribute("data-reply", first or "")
    await expect_status(page, "failed")
    await expect(messages(page, "user")).to_have_count(1)
    await expect(messages(page, "assistant")).to_have_count(1)
    assert upstream.record[before].messages == upstream.record[before + 1].messages


async def test_a_rate_limit_is_counted_down(
    clocked: Page, server: Server, upstream: FakeModel
) -> None:
    page, before = clocked, len(upstream.record)
    async with no_errors(page):
        await open_chat(page, server)
        await send(page, "/429")
        await expect_status(page, "failed")
        retry = button(page, "Retry")
        await expect(retry).to_be_disabled()
        await expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\d s"))
        # For longer than a busy machine takes to load the page again.
        later = str(timezone.now() + timedelta(seconds=50))
        server.write("UPDATE chat_reply SET retry_at = ? WHERE retry_at IS NOT NULL", [(later,)])
        await page.reload()
        await expect(page.locator("#log[data-followed]")).to_be_attached()
        await expect(retry).to_be_disabled()
        await page.clock.fast_forward("00:50")
        await expect(retry).to_be_enabled()
        await retry.click()
        await seen_by(upstream, lambda record: len(record) == before + 2)
        await expect(retry).to_be_disabled()


async def test_new_chat(page: Page) -> None:
    await send(page, "/echo old")
    await expect_status(page, "complete")
    await button(page, "New chat").click()
    await expect(messages(page, "user")).to_have_count(0)
    await page.reload()
    await expect(messages(page, "user")).to_have_count(0)


async def test_new_chat_at_the_address_of_a_conversation(page: Page, server: Server) -> None:
    await send(page, "/echo old")
    await expect_status(page, "complete")
    old = await page.get_by_role("log").get_attribute("data-conversation")
    await page.goto(f"{server.url}c/{old}/")
    await expect(messages(page, "user")).to_have_count(1)
    await button(page, "New chat").click()
    await expect(messages(page, "user")).to_have_count(0)
    await send(page, "/echo new")
    await expect_status(page, "complete")
    await page.reload()
    await expect(messages(page, "user")).to_have_text(["/echo new"])


async def test_back_leads_to_the_conversation_before_new_chat(page: Page) -> None:
    await send(page, "/echo old")
    await expect_status(page, "complete")
    await button(page, "New chat").click()
    await expect(messages(page, "user")).to_have_count(0)
    await page.go_back()
    await expect(messages(page, "user")).to_have_text(["/echo old"])
    await expect(page.locator("body.dj-connected")).to_be_attached()
    await send(page, "/echo older")
    await expect_status(page, "complete")
    await page.go_forward()
    await expect(messages(page, "user")).to_have_count(0)


async def test_a_reload_shows_the_same_though_another_tab_began_a_conversation(
    page: Page, server: Server
) -> None:
    await send(page, "/echo mine")
    await expect_status(page, "complete")
    other = await page.context.new_page()
    await other.goto(server.url)
    await button(other, "New chat").click()
    await expect(messages(other, "user")).to_have_count(0)
    await send(other, "/echo theirs")
    await expect_status(other, "complete")
    await page.reload()
    await expect(messages(page, "user")).to_have_text(["/echo mine"])


async def test_two_tabs_show_the_same(page: Page, server: Server) -> None:
    other = await page.context.new_page()
    await other.goto(server.url)
    await send(page, "/slow /long 300 tabs")
    await expect_status(other, "streaming")
    await button(other, "Stop").click()
    await expect_status(page, "stopped")
    await expect_status(other, "stopped")
    assert await last_reply(page).inner_text() == await last_reply(other).inner_text()


async def test_a_reload_finds_the_reply_streaming(page: Page, upstream: FakeModel) -> None:
    before = len(upstream.record)
    await send(page, "/slow /long 60 reload")
    await expect_words(page)
    await page.reload()
    await expect_status(page, "streaming")
    length = len(await last_reply(page).inner_text())
    await page.wait_for_function(
        "length => document.querySelector('[data-role=assistant]').innerText.length > length",
        arg=length,
    )
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    await closed_by_client(upstream, before)
    assert len(upstream.record) == before + 1
