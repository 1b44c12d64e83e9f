"""Step 1: the page takes a prompt, and shows a whole reply."""

from uuid import uuid4

import pytest
from pytest_django import Settings

from chat import error_messages
from chat.models import Reply
from chat.owners import Owner
from chat.page import chat_view, prompt_view
from exercises.tests.showing import ended, has_handled_all, shows, shows_refusal
from fake_model.server import FakeModel
from tests.live_page import open_page

pytestmark = pytest.mark.django_db(transaction=True)

TOLD_ALL_THE_SAME = 'The page was told "chat:sent". After a refusal, nothing may follow.'


async def test_the_model_is_asked(model: FakeModel) -> None:
    """The prompt arrives at the model as it was typed, and the page shows the whole reply."""
    prompt = " Say hello,\n  twice. /long 20 "
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await shows(page, "a reply has ended", ended)
        assert page.status == "complete", f"The reply is {page.status}."
    asked = model.record[0].messages[-1].text
    assert asked == prompt, f"The prompt was {prompt!r}, and the model was asked {asked!r}."


async def test_the_box_is_emptied(model: FakeModel) -> None:
    """The page is told that its prompt was sent, so it can empty the box."""
    prompt = " Hello\n"
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await shows(page, "a reply has ended", ended)
        assert page.sent, 'There was no "chat:sent".'
        assert len(page.sent) == 1, f'"chat:sent" came {len(page.sent)} times.'
        assert page.sent == [prompt], (
            f'The prompt was {prompt!r}, and "chat:sent" says {page.sent[0]!r}: it names the '
            "prompt as it was typed."
        )


async def test_a_blank_prompt(model: FakeModel) -> None:
    """A blank prompt is refused with a sentence, and nobody is asked."""
    async with open_page() as page:
        await page.event("submit", prompt=" \n ")
        await shows(
            page, "it was refused", lambda page: page.sent or error_messages.EMPTY in page.controls
        )
        assert not page.sent, TOLD_ALL_THE_SAME
    assert not await Reply.objects.aexists(), "A reply was begun, though the prompt was refused."


async def test_a_prompt_that_is_too_long(model: FakeModel, settings: Settings) -> None:
    """A prompt that is too long is refused with a sentence, and nobody is asked."""
    settings.CHAT_MAX_PROMPT_CHARS = 10
    async with open_page() as page:
        await page.event("submit", prompt="x" * 11)
        await shows_refusal(page, error_messages.too_long(10))
        await page.event("submit", prompt="x" * 10)
        await shows(page, "a prompt of just that length was sent", lambda page: page.sent)
        assert page.sent == ["x" * 10], TOLD_ALL_THE_SAME


async def test_while_a_reply_is_written(slow_model: FakeModel) -> None:
    """A prompt that comes while a reply is written is not sent, and stays in the box."""
    async with open_page() as page:
        await page.event("submit", prompt="/long 4000")
        await shows(page, "the text of a reply flows", lambda page: page.texts)
        await page.event("submit", prompt="too early")
        await shows_refusal(page, error_messages.BUSY)
        await has_handled_all(page)
        assert page.sent == ["/long 4000"], (
            '"chat:sent" was pushed, though `_start` had returned False: the page empties its box, '
            "and the prompt is lost."
        )
        await page.event("stop")


async def test_a_model_that_is_not_offered(model: FakeModel) -> None:
    """A prompt for a model that `pick` refuses is not sent."""
    async with open_page() as page:
        await page.event("submit", prompt="Hello", model="none of these")
        await has_handled_all(page)
        assert error_messages.NOT_OFFERED in page.controls, "`pick` was not asked."
        assert not page.sent, "`pick` returned False, and the prompt was sent all the same."


async def test_without_a_conversation(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose conversation is gone sends nothing."""
    monkeypatch.setattr(chat_view, "owner_on_socket", lambda *arguments: Owner(None, "exercises"))
    async with open_page(path=f"/c/{uuid4()}/") as page:
        await page.event("submit", prompt="Hello")
        await has_handled_all(page)
        assert not page.sent, "The prompt was sent, though there is no conversation."
        assert error_messages.NO_SESSION not in page.controls, (
            "There is an owner, so the sentence is `GONE`."
        )


async def test_without_a_session(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a session has no owner: it sends nothing, and says why."""
    monkeypatch.setattr(chat_view, "owner_on_socket", lambda *arguments: None)
    async with open_page(path=f"/c/{uuid4()}/") as page:
        await page.event("submit", prompt="Hello")
        await has_handled_all(page)
        assert not page.sent, "The prompt was sent, though there is no conversation."
        assert error_messages.GONE not in page.controls, (
            "There is no owner, so the sentence is `NO_SESSION`."
        )


async def test_without_a_socket(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a WebSocket nobody would see the reply: the prompt is refused."""
    monkeypatch.setattr(prompt_view, "is_connected", lambda view: False)
    async with open_page() as page:
        await page.event("submit", prompt="Hello")
        await has_handled_all(page)
        assert not page.sent, "The prompt was sent, though `is_connected` returned False."
        assert error_messages.NOT_CONNECTED in page.controls, "It was not refused with a sentence."
