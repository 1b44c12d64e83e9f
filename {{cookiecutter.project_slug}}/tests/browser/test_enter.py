"""Enter while the log and the controls do not agree whether a reply streams."""

from playwright.async_api import Page, expect

from fake_model.server import FakeModel
from tests.browser.actions import (
    COUNT_SUBMITS,
    button,
    expect_status,
    last_reply,
    messages,
    prompt,
    send,
    stop,
)
from tests.browser.network import Network

# What the server's feed pushes shortly before the patch that enables Send.
PUSH_END = """([reply, status]) => dispatchEvent(new CustomEvent("djust:push_event", {
    detail: { event: "chat:end", payload: { reply, status, mark: "", usage: ["", {}] } },
}))"""


async def test_enter_after_an_end_is_sent_as_soon_as_send_is_enabled(
    network: Network, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    await send(page, "/stall /echo one")
    await expect_status(page, "streaming")
    reply = await last_reply(page).get_attribute("data-reply")
    network.hold()
    await button(page, "Stop").click()
    await page.evaluate(PUSH_END, [reply, "stopped"])
    await prompt(page).fill("/echo two")
    await prompt(page).press("Enter")
    await expect(button(page, "Stop")).to_be_enabled()
    await expect(prompt(page)).to_have_value("/echo two")
    network.let_go()
    await expect(messages(page, "user")).to_have_count(2)
    await expect(last_reply(page).locator(".text")).to_have_text("two")
    await expect(prompt(page)).to_have_value("")
    assert len(upstream.record) == before + 2


async def test_enter_after_new_chat_is_sent_as_soon_as_send_is_enabled(
    network: Network, upstream: FakeModel
) -> None:
    page, before = network.page, len(upstream.record)
    await send(page, "/stall /echo one")
    await expect_status(page, "streaming")
    # What the list shows of this reply is the last that comes by itself.
    await expect(page.get_by_role("img", name="Generating")).to_be_visible()  # conversations
    network.delay('"type": "patch"')
    await button(page, "New chat").click()
    await expect(page.locator(".turn")).to_have_count(0)
    await prompt(page).fill("/echo two")
    await prompt(page).press("Enter")
    await expect(button(page, "Stop")).to_be_enabled()
    await expect(prompt(page)).to_have_value("/echo two")
    network.deliver()
    await expect(last_reply(page).locator(".text")).to_have_text("two")
    await expect(messages(page, "user")).to_have_count(1)
    await expect(prompt(page)).to_have_value("")
    assert len(upstream.record) == before + 2
    await page.go_back()
    await expect_status(page, "streaming")
    await stop(page)


async def test_enter_while_a_reply_streams_is_not_sent_later(page: Page) -> None:
    await send(page, "/stall /echo one")
    await expect_status(page, "streaming")
    await page.evaluate(COUNT_SUBMITS)
    await prompt(page).fill("/echo two")
    await prompt(page).press("Enter")
    assert await page.evaluate("window.submits") == 0
    await button(page, "Stop").click()
    await expect_status(page, "stopped")
    await expect(prompt(page)).to_have_value("/echo two")
