"""Step 4: what the page says of a Stop, and what the record of the model says."""

import pytest

from fake_model.server import FakeModel
from tests.conftest import closed_by_client
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)

# It flows for much longer than any test waits.
LONG = "/long 4000"


async def flowing(page: Page) -> None:
    """Ask for a long reply, and wait until its text flows."""
    await page.event("submit", prompt=LONG)
    await page.until(lambda page: page.texts)


async def test_the_page_says_stopped(slow_model: FakeModel) -> None:
    """After Stop the page says "Stopped"."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        await page.until(lambda page: "Stopped" in page.controls)


async def test_the_record_says_it_too(slow_model: FakeModel) -> None:
    """The record of the model says that the client has closed the connection."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        try:
            await closed_by_client(slow_model)
        except TimeoutError:
            pytest.fail(
                f"Nobody has closed it: the model goes on, {slow_model.record[0].tokens} tokens "
                "so far. This Stop only looks like one."
            )


async def test_what_was_shown_stays(slow_model: FakeModel) -> None:
    """The text that had arrived stays on the page, and its reply is "stopped"."""
    async with open_page() as page:
        await flowing(page)
        await page.event("stop")
        await page.until(lambda page: page.status not in ("", "streaming"))
        assert page.status == "stopped", f"The reply is {page.status}."
        assert page.text, "The text is gone."
