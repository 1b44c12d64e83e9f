"""The list of conversations where it is a drawer, and where it has little room."""

from playwright.async_api import Page, expect

from tests.browser.actions import button, expect_status, last_reply, send
from tests.browser.fingers import expect_room_for_fingers, say

# How far the text of a title begins from where the text of its day does, right to left.
OFFSET = """() => {
    const start = (selector) => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector(selector));
        return range.getBoundingClientRect().right;
    };
    return start(".conversations li a") - start(".conversations h2");
}"""


async def test_on_a_phone_the_list_is_a_drawer(phone: Page) -> None:
    await phone.set_viewport_size({"width": 320, "height": 640})
    navigation = phone.get_by_role("navigation", name="Conversations")
    link = navigation.get_by_role("link", name="/echo on a phone", exact=True)
    await say(phone, "/echo on a phone")
    await expect(navigation).to_be_hidden()
    toggle = button(phone, "Conversations")
    await toggle.tap()
    await expect(toggle).to_have_attribute("aria-expanded", "true")
    # In the search box, the phone would raise its keyboard over the list.
    await expect(link).to_be_focused()
    await expect(button(phone, "Delete all")).to_be_visible()
    await expect(button(phone, "Keys")).to_be_hidden()
    await phone.keyboard.press("Escape")
    await expect(navigation).to_be_hidden()
    await expect(toggle).to_be_focused()
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_role("searchbox", name="Search")).to_be_focused()
    await phone.keyboard.press("Escape")
    await button(phone, "New chat").tap()
    await expect(phone.locator(".turn")).to_have_count(0)
    await toggle.tap()
    await link.tap()
    await expect(navigation).to_be_hidden()
    await expect(last_reply(phone).locator(".text")).to_have_text("on a phone")
    assert await phone.evaluate("document.documentElement.scrollWidth") == 320


async def test_everything_in_the_drawer_can_be_hit(phone: Page) -> None:
    await say(phone, "/echo with a finger")
    await button(phone, "Conversations").tap()
    await expect_room_for_fingers(phone)
    await button(phone, "Rename").tap()
    await expect(phone.get_by_role("textbox", name="Title")).to_be_focused()
    await expect_room_for_fingers(phone)
    await button(phone, "Cancel").tap()
    await button(phone, "Delete").tap()
    await expect(button(phone, "Undo")).to_be_visible()
    await expect_room_for_fingers(phone)


async def test_a_title_begins_under_its_day_in_any_script(page: Page) -> None:
    await send(page, "/echo from left to right")
    await expect_status(page, "complete")
    await expect(page.locator(".conversations li a")).to_be_visible()
    await page.locator("html").evaluate("html => (html.dir = 'rtl')")
    try:
        assert abs(await page.evaluate(OFFSET)) < 1
    finally:
        await page.locator("html").evaluate("html => (html.dir = '')")


async def test_at_twice_the_size_the_dialog_of_the_keys_can_be_closed(page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 400})
    await page.get_by_role("region", name="Conversation", exact=True).press("?")
    # What has the focus is scrolled into view, at the cost of what is above it.
    await expect(page.get_by_role("heading", name="Keys")).to_be_in_viewport(ratio=1)
    await expect(button(page, "Close")).to_be_in_viewport(ratio=1)
    await button(page, "Close").click()
    await expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
