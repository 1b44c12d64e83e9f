"""The page is dark where the system is: every styling has a dark mode."""

from playwright.async_api import Page

# Whether the page is dark, or else bright: a theme may need a moment to follow.
IS_AS_DARK = """(dark) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    const brightness = (red + green + blue) / 3;
    return dark ? brightness < 64 : brightness > 192;
}"""


async def test_the_page_is_dark_where_the_system_is(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function(IS_AS_DARK, arg=True)
    await page.emulate_media(color_scheme="light")
    await page.wait_for_function(IS_AS_DARK, arg=False)
