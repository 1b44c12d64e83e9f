"""What is on the page, as it is found by role and name, and what does not get lost there."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.actions import (
    COUNT_SUBMITS,
    button,
    expect_status,
    messages,
    prompt,
    script,
    send,
)

MAXIMUM_BYTES_SENT = 75_000
# The stylesheets of a styling come on top.
MAXIMUM_BYTES_WITHOUT_STYLES = 50_000
KEEP_EVENTS = """() => {
    window.events = [];
    const send = djustClient.send;
    djustClient.send = (event, params) => {
        window.events.push(event);
        send(event, params);
    };
}"""
# What was loaded beside djust's own client, now or from the browser's cache.
LOADED = """() => [
    ...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource"),
].filter(({ name }) => !name.includes("/djust/client."))
    .map(({ name, encodedBodySize, decodedBodySize }) => [
        new URL(name).pathname, encodedBodySize, decodedBodySize,
    ])"""


def enabled(page: Page, name: str) -> Locator:
    """The button, where it is there and can be pressed."""
    return page.get_by_role("button", name=name, exact=True, disabled=False)


async def test_everything_is_found_by_role_and_name(page: Page) -> None:
    log, progress = page.get_by_role("log"), page.get_by_role("status")
    # What streams is not read out token by token: the status says how far it is.
    await expect(log).to_have_attribute("aria-live", "off")
    await expect(prompt(page)).to_be_editable()
    await expect(button(page, "New chat")).to_be_enabled()
    await expect(enabled(page, "Send")).to_have_count(1)
    await expect(enabled(page, "Stop")).to_have_count(0)

    await send(page, "/silent")
    await expect(progress).to_have_text("Generating")
    await expect(enabled(page, "Send")).to_have_count(0)
    await expect(enabled(page, "Stop")).to_have_count(1)

    await button(page, "Stop").click()
    await expect(progress).to_have_text("Stopped")
    await expect(enabled(page, "Send")).to_have_count(1)
    await expect(enabled(page, "Stop")).to_have_count(0)

    await send(page, "/echo whole")
    await expect(progress).to_have_text("Done")
    await expect(log.get_by_role("article")).to_have_count(4)
    await expect(messages(page, "user")).to_have_count(2)
    await expect(messages(page, "assistant")).to_have_count(2)


async def test_the_first_load_is_light(page: Page) -> None:
    loaded = await page.evaluate(LOADED)
    assert 10_000 < sum(sent for _, sent, _ in loaded) <= MAXIMUM_BYTES_SENT
    without_styles = sum(size for path, _, size in loaded if not path.endswith(".css"))
    assert 20_000 < without_styles <= MAXIMUM_BYTES_WITHOUT_STYLES


@pytest.mark.parametrize("name", ["log", "scroll", "prompt", "connection"])
async def test_a_script_that_comes_late_misses_nothing(page: Page, name: str) -> None:
    delayed = []

    async def late(route: Route) -> None:
        await asyncio.sleep(1)  # what a slow network does, with the socket open long before
        delayed.append(route.request.url)
        await route.continue_()

    await page.route(script(f"chat/{name}.js"), late)
    await page.reload()
    assert delayed
    await send(page, "/echo heard")
    await expect_status(page, "complete")
    await expect(page.get_by_text("heard", exact=True)).to_be_visible()


async def test_a_button_that_is_pressed_early_waits_for_the_view(page: Page) -> None:
    await send(page, "/silent")
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")
    await page.reload(wait_until="domcontentloaded")
    await button(page, "Retry").click()
    await expect_status(page, "streaming")
    await page.keyboard.press("Escape")
    await expect_status(page, "stopped")


async def test_the_focus_stays_in_the_prompt(page: Page) -> None:
    await prompt(page).fill("/silent")
    for name, status in {"Send": "streaming", "Stop": "stopped"}.items():
        await button(page, name).click()
        await expect_status(page, status)
        await expect(prompt(page)).to_be_focused()
    await button(page, "New chat").press("Enter")
    await expect(prompt(page)).to_be_focused()


@pytest.mark.parametrize("told", [{"isComposing": True}, {"keyCode": 229}], ids=str)
async def test_enter_in_a_composition_sends_nothing(page: Page, told: dict[str, object]) -> None:
    await page.evaluate(COUNT_SUBMITS)
    await prompt(page).fill("/echo にほん")
    await prompt(page).dispatch_event("keydown", {"key": "Enter", **told})
    assert await page.evaluate("window.submits") == 0
    await prompt(page).press("Enter")
    await expect_status(page, "complete")
    assert await page.evaluate("window.submits") == 1


@pytest.mark.parametrize("told", [{"isComposing": True}, {"keyCode": 229}], ids=str)
async def test_esc_in_a_composition_stops_nothing(page: Page, told: dict[str, object]) -> None:
    await page.evaluate(KEEP_EVENTS)
    await prompt(page).dispatch_event("keydown", {"key": "Escape", "bubbles": True, **told})
    assert await page.evaluate("window.events") == []
    await prompt(page).press("Escape")
    assert await page.evaluate("window.events") == ["stop"]


async def test_what_is_typed_survives_a_reload(page: Page) -> None:
    await prompt(page).fill("half a\nprompt")
    await page.reload()
    await expect(prompt(page)).to_have_value("half a\nprompt")
