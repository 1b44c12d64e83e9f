"""The view follows the end of a reply, but never takes a reader away from where they are."""

from playwright.async_api import Page, expect

from tests.browser.actions import button, send

# Whether the log is longer than the view by so many pixels, and the view is at its end.
AT_THE_END = """(beyond) => {
    const scroller = document.querySelector(".scroller");
    const end = scroller.scrollHeight - scroller.clientHeight;
    return end > beyond && end - scroller.scrollTop < 5;
}"""
POSITION = "document.querySelector('.scroller').scrollTop"
LENGTH = "document.querySelector('.scroller').scrollHeight"
LIMIT = 10_000  # milliseconds


async def open_a_long_reply(page: Page) -> None:
    await page.set_viewport_size({"width": 480, "height": 400})
    await send(page, "/long 2000")
    await page.wait_for_function(AT_THE_END, arg=100, timeout=LIMIT)


async def test_the_view_follows_the_end_of_a_reply(page: Page) -> None:
    await open_a_long_reply(page)
    await expect(button(page, "Jump to latest")).to_be_hidden()
    length = await page.evaluate(LENGTH)
    await page.wait_for_function(AT_THE_END, arg=length + 100, timeout=LIMIT)


async def test_a_reader_who_scrolls_up_stays_there(page: Page) -> None:
    await open_a_long_reply(page)
    await page.get_by_role("region", name="Conversation").hover()
    await page.mouse.wheel(0, -30)
    jump = button(page, "Jump to latest")
    await expect(jump).to_be_visible()
    position, length = await page.evaluate(f"[{POSITION}, {LENGTH}]")
    await page.wait_for_function(f"length => {LENGTH} > length + 100", arg=length, timeout=LIMIT)
    assert await page.evaluate(POSITION) <= position

    await jump.click()
    await expect(jump).to_be_hidden()
    await page.wait_for_function(AT_THE_END, arg=length, timeout=LIMIT)
