"""The page has lost its view, and comes back: it shows the truth, and goes on."""

import asyncio

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
)
from tests.browser.conftest import open_chat
from tests.browser.network import Network
from tests.conftest import closed_by_client, seen_by
from tests.server import Server

# What djust's client does for a link to another view: a new view over the same socket.
NAVIGATE = """() => djust.liveViewInstance.liveRedirectMount(
    {type: 'live_redirect_mount', view: 'chat.page.chat_view.ChatView', params: {}, url: '/'})"""


async def test_a_lost_network_that_is_back_in_time_goes_on(
    network: Network, server: Server, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    # The number of a token, three a second, for as long as a busy machine needs.
    await send(page, "/slow /echo 1 2\n\n3 4\n\n" + " ".join(map(str, range(5, 300))))
    # By then one block is settled, and one is not.
    text = last_reply(page).locator(".text")
    await expect(text).to_contain_text("3")
    await network.cut()
    await expect(page.locator("body.dj-disconnected")).to_be_attached()
    told = upstream.record[before].tokens
    await seen_by(upstream, lambda record: record[before].tokens > told + 1)
    network.mend()
    await expect(text).to_contain_text(f" {upstream.record[before].tokens + 2}")
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    (row,) = server.rows("select text from chat_reply order by id desc limit 1")
    blocks = row["text"].strip().split("\n\n")
    assert blocks[:2] == ["1 2", "3 4"]
    await expect(text.locator("> *")).to_have_text(blocks)
    await expect(messages(page, "user")).to_have_count(1)
    assert len(upstream.record) == before + 1


async def test_a_lost_network_that_is_back_too_late_finds_the_reply_interrupted(
    network: Network, mortal: Server, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    await open_chat(page, mortal)
    await reconnect_quickly(page)
    await send(page, "/stall /echo one two three four")
    text = last_reply(page).locator(".text")
    await expect(text).to_have_text("one two")
    await network.cut()
    await closed_by_client(upstream, before)
    network.mend()
    await expect_status(page, "interrupted")
    await expect(page.get_by_role("alert").filter(has_text="interrupted")).to_be_visible()
    await expect(text).to_have_text("one two")
    (row,) = mortal.rows("select status, text from chat_reply order by id desc limit 1")
    assert (row["status"], row["text"].strip()) == ("interrupted", "one two")
    await button(page, "Retry").click()
    await expect_status(page, "streaming")
    await expect(messages(page, "user")).to_have_count(1)
    await button(page, "Stop").click()
    await expect_status(page, "stopped")


async def test_a_prompt_waits_until_the_page_watches_the_conversation(
    clocked: Page, mortal: Server
) -> None:
    page, network = clocked, await Network.of(clocked)
    network.delay("chat:connected")
    await page.goto(mortal.url)
    await page.wait_for_function("() => window.djust?.liveViewInstance?.viewMounted")
    await prompt(page).fill("/echo early")
    await prompt(page).press("Enter")
    await page.clock.fast_forward(LONG_BREAK)
    await expect(page.get_by_role("alert").filter(has_text="WebSocket")).to_be_visible()
    network.deliver()
    await expect_status(page, "complete")


async def test_a_server_that_does_not_answer_is_told_of(clocked: Page, server: Server) -> None:
    page, network = clocked, await Network.of(clocked)
    await open_chat(page, server)
    notice = page.get_by_role("alert").filter(has_text="WebSocket")
    # Nothing reaches the page any more: whatever the server says would be a sign of life.
    network.hold()
    await prompt(page).fill("/echo late")
    await prompt(page).press("Enter")
    await page.clock.fast_forward("00:08")
    await expect(notice).to_be_visible()
    await expect(prompt(page)).to_have_value("/echo late")
    network.let_go()
    await expect(last_reply(page).locator(".text")).to_have_text("late")
    await expect(notice).to_be_hidden()
    await expect(prompt(page)).to_have_value("")


async def test_after_in_page_navigation_the_log_goes_on_and_stop_works(
    page: Page, server: Server, upstream: FakeModel
) -> None:
    await open_chat(page, server)
    before = len(upstream.record)
    await send(page, "/slow /long 60")
    await expect_words(page)
    await page.evaluate(NAVIGATE)
    shown = await last_reply(page).locator(".text").inner_text()
    await expect(last_reply(page).locator(".text")).not_to_have_text(shown)
    await expect_status(page, "streaming")
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    await closed_by_client(upstream, before)
    await expect(messages(page, "user")).to_have_count(1)
    assert len(upstream.record) == before + 1


async def test_a_prompt_whose_answer_was_lost_is_not_left_to_be_sent_again(
    network: Network,
) -> None:
    page = network.page
    await send(page, "/echo first")
    await expect_status(page, "complete")
    await prompt(page).fill("/echo in the tunnel")
    answer = asyncio.create_task(network.lose("chat:sent"))
    await prompt(page).press("Enter")
    await answer
    await network.cut()
    network.mend()
    await expect(last_reply(page).locator(".text")).to_have_text("in the tunnel")
    await expect(prompt(page)).to_have_value("")


async def test_escape_stops_a_reply_as_soon_as_the_connection_is_back(
    network: Network, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    await send(page, "/silent")
    await expect_status(page, "streaming")
    await network.cut()
    await expect(page.locator("body.dj-disconnected")).to_be_attached()
    await page.keyboard.press("Escape")
    network.mend()
    await expect_status(page, "stopped")
    await closed_by_client(upstream, before)


async def test_escape_takes_back_a_prompt_that_waits_for_the_connection(
    network: Network,
) -> None:
    page = network.page
    await network.cut()
    await expect(page.locator("body.dj-disconnected")).to_be_attached()
    await prompt(page).fill("/echo taken back")
    await prompt(page).press("Enter")
    await prompt(page).press("Escape")
    network.mend()
    await expect(page.locator("body.dj-connected")).to_be_attached()
    await expect(prompt(page)).to_have_value("/echo taken back")
    await send(page, "/echo sent")
    await expect_status(page, "complete")
    await expect(messages(page, "user")).to_have_text(["/echo sent"])
