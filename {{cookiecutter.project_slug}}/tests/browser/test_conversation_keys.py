"""Keys that lead to other conversations, and what closes what lies over the page."""

from playwright.async_api import Page, expect

from tests.browser.actions import begin, button, expect_status, last_reply, prompt, send

# Whether the page leaves Alt+Down to the browser in an element.
IS_LEFT_TO_THE_BROWSER = """it => it.dispatchEvent(new KeyboardEvent("keydown", {
    key: "ArrowDown", altKey: true, bubbles: true, cancelable: true,
}))"""
ESCAPE = """it => it.dispatchEvent(new KeyboardEvent("keydown", {
    key: "Escape", bubbles: true, cancelable: true,
}))"""
# From now on, `sent` has the names of the events that the page's scripts send.
RECORD_EVENTS = """() => {
    const { send } = djustClient;
    window.sent = [];
    djustClient.send = (event, ...rest) => {
        sent.push(event);
        send(event, ...rest);
    };
}"""


async def test_alt_with_an_arrow_moves_from_an_empty_prompt_and_not_in_a_text(page: Page) -> None:
    for word in ("below", "above"):
        await begin(page, f"/echo {word}")
        await expect_status(page, "complete")
    await expect(page.get_by_role("link", name="/echo above", exact=True)).to_be_visible()
    await prompt(page).fill("one\ntwo")
    assert await prompt(page).evaluate(IS_LEFT_TO_THE_BROWSER)
    await prompt(page).fill("")
    await prompt(page).press("Alt+ArrowDown")
    await expect(last_reply(page).locator(".text")).to_have_text("below")
    await expect(prompt(page)).to_be_focused()
    await prompt(page).press("Alt+ArrowUp")
    await expect(last_reply(page).locator(".text")).to_have_text("above")


async def test_escape_closes_the_dialog_or_the_drawer_and_then_stops(page: Page) -> None:
    await send(page, "/stall /echo what goes on")
    await expect_status(page, "streaming")
    await page.evaluate(RECORD_EVENTS)
    keys = page.get_by_role("dialog", name="Keys")
    await button(page, "Keys").click()
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()
    await page.set_viewport_size({"width": 320, "height": 640})
    toggle = button(page, "Conversations")
    await toggle.click()
    await toggle.press("Escape")
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    assert await page.evaluate("sent") == []
    await page.keyboard.press("Escape")
    assert await page.evaluate("sent") == ["stop"]
    await expect_status(page, "stopped")


async def test_escape_empties_the_search_where_the_browser_does_not(page: Page) -> None:
    """As in Firefox: what a browser does with a key by itself, it does not for a script's event."""
    await begin(page, "/echo found again")
    await expect_status(page, "complete")
    search = page.get_by_role("searchbox", name="Search")
    await search.fill("nothing like it")
    await expect(page.get_by_text("Nothing found.")).to_be_visible()
    await search.evaluate(ESCAPE)
    await expect(search).to_have_value("")
    await expect(page.get_by_role("link", name="/echo found again", exact=True)).to_be_visible()
    await expect(search).to_be_focused()
    await search.evaluate(ESCAPE)
    await expect(prompt(page)).to_be_focused()


async def test_a_press_beside_the_drawer_only_closes_it(page: Page) -> None:
    await send(page, "/echo what stays")
    await expect_status(page, "complete")
    await page.set_viewport_size({"width": 480, "height": 640})
    await page.evaluate(RECORD_EVENTS)
    await button(page, "Conversations").click()
    box = await button(page, "New chat").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()
    assert await page.evaluate("sent") == []
