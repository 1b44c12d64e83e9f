"""The server ends, in peace or not: the page is told, comes back by itself, and shows the truth."""

import asyncio
import signal
import sys

import pytest
from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import (
    LONG_BREAK,
    button,
    expect_status,
    expect_words,
    last_reply,
    messages,
    prompt,
    reconnect_quickly,
    send,
    stop,
)
from tests.browser.conftest import open_chat
from tests.conftest import seen_by
from tests.server import Server
from tests.waiting import SOON

NEWEST = "from chat_reply order by id desc limit 1"


if sys.platform != "win32":  # where no process can send another a signal

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    async def test_a_signal_interrupts_and_saves(
        tab: Page, mortal: Server, upstream: FakeModel, number: signal.Signals
    ) -> None:
        await open_chat(tab, mortal)
        await reconnect_quickly(tab)
        before, logged = len(upstream.record), mortal.log.stat().st_size
        # It flows for longer than a busy machine needs to send the signal.
        await send(tab, f"/chars /echo {' '.join(map(str, range(1500)))}")
        await expect_words(tab)
        await asyncio.to_thread(mortal.terminate, number)
        # The controls follow when the page is connected again.
        await expect(last_reply(tab)).to_have_attribute("data-status", "interrupted")
        await seen_by(upstream, lambda record: record[before].ended_by == "client")
        (row,) = mortal.rows(f"select status, text {NEWEST}")
        assert row["status"] == "interrupted"
        assert await last_reply(tab).locator(".text").inner_text() == row["text"].strip()
        log = mortal.log.read_bytes()[logged:].decode()
        assert "Traceback" not in log
        # What uvicorn says where it has waited ENDS_WITHIN in vain.
        assert "timeout graceful shutdown exceeded" not in log

        await prompt(tab).fill("typed meanwhile")
        mortal.start()
        await expect(tab.locator("body.dj-connected")).to_be_attached()
        await expect(prompt(tab)).to_have_value("typed meanwhile")
        alert = tab.get_by_role("alert").filter(has_text="interrupted")
        await expect(alert).to_be_visible()
        await send(tab, "/echo back again")
        await expect_status(tab, "complete")


async def test_a_kill_leaves_nothing_streaming(
    tab: Page, mortal: Server, upstream: FakeModel
) -> None:
    await open_chat(tab, mortal)
    await reconnect_quickly(tab)
    before = len(upstream.record)
    await send(tab, "/stall /echo one two three four")
    text = last_reply(tab).locator(".text")
    await expect(text).to_have_text("one two")
    async with asyncio.timeout(SOON):
        while mortal.rows(f"select text {NEWEST}")[0]["text"].strip() != "one two":
            await asyncio.sleep(0.05)
    mortal.kill()
    mortal.start()
    await expect_status(tab, "interrupted")
    (row,) = mortal.rows(f"select status {NEWEST}")
    assert row["status"] == "interrupted"
    await expect(text).to_have_text("one two")
    await button(tab, "Retry").click()
    await expect_status(tab, "streaming")
    await expect(messages(tab, "user")).to_have_count(1)
    await seen_by(upstream, lambda record: len(record) == before + 2)
    await stop(tab)


async def test_without_a_websocket_the_page_says_so_and_keeps_the_prompt(
    clocked: Page, server: Server, upstream: FakeModel
) -> None:
    page, before = clocked, len(upstream.record)
    await page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    await page.goto(server.url)
    await prompt(page).fill("not lost")
    await prompt(page).press("Enter")
    await page.clock.fast_forward(LONG_BREAK)
    await expect(page.get_by_role("alert")).to_contain_text("WebSocket")
    await expect(prompt(page)).to_have_value("not lost")
    assert len(upstream.record) == before
