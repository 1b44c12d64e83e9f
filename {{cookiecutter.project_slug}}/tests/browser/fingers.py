"""A prompt is sent with a finger, and what a phone demands of whatever is seen on the page."""

from playwright.async_api import Page

from tests.browser.actions import button, expect_status, prompt

# What a finger misses is lower than 44 pixels (Apple's Human Interface Guidelines, "Layout").
TOO_LOW = """() => [...document.querySelectorAll("button, select, .permalink")]
    .filter(it => it.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter(it => it.getBoundingClientRect().height < 43.9)
    .map(it => it.outerHTML)"""
# Safari on a phone zooms into a field, and out of the rest, whose text is smaller than 16 pixels.
TOO_SMALL = """() => [...document.querySelectorAll("input, select, textarea")]
    .filter(it => it.checkVisibility({ visibilityProperty: true }))
    .filter(it => parseFloat(getComputedStyle(it).fontSize) < 16)
    .map(it => it.outerHTML)"""


async def expect_room_for_fingers(page: Page) -> None:
    """No button is too low to hit, and no field is zoomed into."""
    assert await page.evaluate(TOO_LOW) == []
    assert await page.evaluate(TOO_SMALL) == []


async def say(page: Page, text: str, status: str = "complete") -> None:
    """Send a first prompt by the button, as Enter breaks the line; return when it has ended."""
    await prompt(page).fill(text)
    await button(page, "Send").tap()
    await expect_status(page, status)
