"""Step 1: the page takes a prompt, and shows a whole reply."""

import pytest
from pytest_django import Settings

from chat.models import Reply
from fake_model.server import FakeModel
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)


def ended(page: Page) -> bool:
    return page.status not in ("", "streaming")


async def test_the_model_is_asked(model: FakeModel) -> None:
    """The prompt arrives at the model as it was typed, and the page shows the whole reply."""
    prompt = " Say hello,\n  twice. /long 20 "
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await page.until(ended)
        assert page.status == "complete", f"The reply is {page.status}."
    assert model.record[0].messages[-1].text == prompt, "The model was asked something else."


async def test_the_box_is_emptied(model: FakeModel) -> None:
    """The page is told that its prompt was sent, so it can empty the box."""
    async with open_page() as page:
        await page.event("submit", prompt="Hello")
        await page.until(ended)
        assert page.sent == ["Hello"], 'There was no "chat:sent" with this prompt.'


async def test_a_blank_prompt(model: FakeModel) -> None:
    """A blank prompt is refused with a sentence, and nobody is asked."""
    async with open_page() as page:
        await page.event("submit", prompt=" \n ")
        await page.until(lambda page: page.sent or "Type a prompt first" in page.controls)
        assert not page.sent, "It was sent."
    assert not await Reply.objects.aexists(), "A reply was begun."


async def test_a_prompt_that_is_too_long(model: FakeModel, settings: Settings) -> None:
    """A prompt that is too long is refused with a sentence, and nobody is asked."""
    settings.CHAT_MAX_PROMPT_CHARS = 10
    async with open_page() as page:
        await page.event("submit", prompt="x" * 11)
        await page.until(lambda page: page.sent or "at most 10 characters" in page.controls)
        assert not page.sent, "It was sent."
        await page.event("submit", prompt="x" * 10)
        await page.until(lambda page: page.sent)
