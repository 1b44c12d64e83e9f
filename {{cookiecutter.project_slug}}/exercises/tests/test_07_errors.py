"""Step 7: a failure is a sentence that says what to do, and Retry asks the same again."""

import pytest
from django.utils import timezone

from chat.models import Reply, Turn
from fake_model.server import FakeModel
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)


def failed(page: Page) -> bool:
    return page.status == "failed"


async def failure(prompt: str) -> Reply:
    """The row of a reply that fails."""
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await page.until(failed)
    return await Reply.objects.aget()


async def test_a_sentence(model: FakeModel) -> None:
    """A refused key becomes a sentence that says so, and where the key is."""
    row = await failure("/401")
    assert "refused the key" in row.note, f"The sentence is: {row.note}"


async def test_when_to_retry(model: FakeModel) -> None:
    """Where the model says when to come back, the sentence and the row say it too."""
    row = await failure("/429")
    assert "Retry in 7 seconds" in row.note, f"The sentence is: {row.note}"
    assert row.retry_at is not None, "`retry_at` is not set."
    seconds = (row.retry_at - timezone.now()).total_seconds()
    assert 0 < seconds <= 7, f"`retry_at` is in {seconds:.0f} seconds."


async def test_what_has_arrived_stays(model: FakeModel) -> None:
    """A reply that breaks off is failed, and keeps its text."""
    row = await failure("/drop /long 20")
    assert row.text, "The text is gone."
    assert "was lost" in row.note, f"The sentence is: {row.note}"


async def test_retry(model: FakeModel) -> None:
    """Retry asks the same prompt again, in the same turn."""
    async with open_page() as page:
        await page.event("submit", prompt="/500")
        await page.until(failed)
        first = page.reply
        await page.event("retry")
        await page.until(lambda page: page.reply != first and failed(page))
    assert [len(entry.messages) for entry in model.record] == [1, 1]
    assert model.record[0].messages == model.record[1].messages
    assert await Turn.objects.acount() == 1, "There is a second turn."
