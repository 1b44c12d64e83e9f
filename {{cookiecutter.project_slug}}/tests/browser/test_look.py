"""What every styling owes to those who look at it: a focus that is seen, and a dark mode."""

from playwright.async_api import Page

from tests.browser.actions import expect_status, send

# The name of what has the focus, and whether it, or the form around it, has a ring for it alone.
RING = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return null;
    const rings = () => [focused, focused.form].filter(Boolean).map((element) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
        const outline = outlineStyle === "none" || parseFloat(outlineWidth) < 2
            ? "none" : `${outlineWidth} ${outlineColor}`;
        return `${outline}, ${boxShadow}`;
    }).join();
    const seen = rings();
    focused.blur();
    const unseen = rings();
    focused.focus();
    return [focused.ariaLabel || focused.textContent.trim() || focused.id, seen !== unseen];
}"""
# Whether the page is dark, or else bright: a theme may need a moment to follow.
IS_AS_DARK = """(dark) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    const brightness = (red + green + blue) / 3;
    return dark ? brightness < 64 : brightness > 192;
}"""


async def test_the_focus_is_seen_on_everything_that_can_have_it(page: Page) -> None:
    await send(page, "/echo Text\n\n```\ncode\n```\n\n| a |\n|---|\n| b |")
    await expect_status(page, "complete")
    # What comes first is after the heading.
    await page.get_by_role("heading", level=1).click()
    rings: dict[str, bool] = {}
    for _ in range(30):
        await page.keyboard.press("Tab")
        if (ring := await page.evaluate(RING)) is None:
            break
        rings[ring[0]] = ring[1]
    assert {"prompt", "Send", "New chat", "Copy reply", "Copy code", "Table"} <= rings.keys()
    assert not [name for name, is_seen in rings.items() if not is_seen]


async def test_the_page_is_dark_where_the_system_is(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function(IS_AS_DARK, arg=True, timeout=5000)
    await page.emulate_media(color_scheme="light")
    await page.wait_for_function(IS_AS_DARK, arg=False, timeout=5000)
