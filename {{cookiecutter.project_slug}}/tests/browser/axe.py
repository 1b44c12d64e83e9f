"""Looks for faults of accessibility with axe-core."""

from typing import Literal

from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Page, ViewportSize

from tests.browser.conftest import DESKTOP

PHONE: ViewportSize = {"width": 320, "height": 640}
# No rule of CSS asks for both a size and a colour scheme, so two looks show each of them.
LOOKS: list[tuple[ViewportSize, Literal["light", "dark"]]] = [(DESKTOP, "light"), (PHONE, "dark")]

# `Axe.run` would load the script each time, and return what has passed too: half of its time.
RUN = """axe.run({resultTypes: ["violations"]}).then(({violations}) => ({violations}))"""


async def check(page: Page) -> None:
    """Fail with axe's report unless the page, in each of `LOOKS`, is without a fault.

    It must not have to be scrolled sideways either.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(Axe().axe_script)
    for size, scheme in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        # The page hears of a change of the colour scheme before its next frame.
        await page.evaluate("() => new Promise(requestAnimationFrame)")
        found = AxeResults(await page.evaluate(RUN))
        assert not found.violations_count, f"{size}, {scheme}\n{found.generate_report()}"
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{size}: it must be scrolled sideways"
