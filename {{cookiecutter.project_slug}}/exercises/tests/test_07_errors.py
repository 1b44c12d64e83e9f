"""Step 7: a failure is a sentence that says what to do, and Retry asks the same again."""

from datetime import datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import error_messages
from chat.models import Reply, Turn
from chat.page import prompt_view
from chat.provider.errors import ProviderError
from chat.replies.rows import Begun
from chat.replies.running_reply import RunningReply
from exercises.tests.showing import has_handled_all, shows
from fake_model.server import FakeModel
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)
NO_PROMPT = "Retry has no prompt, so it must not go through `_ask`."


def failed(page: Page) -> bool:
    return page.status == "failed"


async def failure(prompt: str) -> Reply:
    """The row of a reply that fails."""
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await shows(page, "the reply has failed", failed)
    return await Reply.objects.aget()


def failing(row: Reply) -> RunningReply:
    """A reply with this row that has done nothing yet."""
    running = RunningReply(lambda: cast(Begun, None), lambda: None)
    running.reply = row
    return running


async def test_a_sentence(model: FakeModel) -> None:
    """A refused key becomes a sentence that says so, and where the key is."""
    row = await failure("/401")
    assert "refused the key" in row.note, f"The sentence is: {row.note}"


@pytest.mark.parametrize("seconds", [7, 0, None])
async def test_the_time_to_retry(seconds: float | None) -> None:
    """`retry_at` is the time when `retry_after` seconds are over, even if these are 0."""
    running = failing(Reply())
    before = timezone.now()
    running._fail(ProviderError("rate_limited", retry_after=seconds))
    after, found = timezone.now(), running.reply.retry_at
    if seconds is None:
        assert found is None, f"`retry_after` is None, and `retry_at` is {found}."
        return
    assert found is not None, f"`retry_after` is {seconds}, and `retry_at` is None."
    assert isinstance(found, datetime), (
        f"`retry_at` is {found!r}: it is a point in time, not a number of seconds."
    )
    assert timezone.is_aware(found), "`retry_at` has no time zone."
    wait = timedelta(seconds=seconds)
    assert before + wait <= found <= after + wait, (
        f"`retry_after` is {seconds}, and `retry_at` is {(found - before).total_seconds():.3f} "
        "seconds from now."
    )


async def test_the_model_that_was_asked() -> None:
    """The sentence names the model that was asked, which need not be the default one."""
    running = failing(Reply(model="the-one-picked"))
    running._fail(ProviderError("model_unknown"))
    said = running.reply.note
    assert "the-one-picked" in said, f"The model was 'the-one-picked', and the sentence is: {said}"


async def test_when_to_retry(model: FakeModel) -> None:
    """Where the model says when to come back, the sentence and the row say it too."""
    row = await failure("/429")
    assert "Retry in 7 seconds" in row.note, f"The sentence is: {row.note}"
    assert row.retry_at is not None, "`retry_at` is not set in the row."


async def test_what_has_arrived_stays(model: FakeModel) -> None:
    """A reply that breaks off is failed, and keeps its text."""
    row = await failure("/drop /long 20")
    assert row.text, "The text is gone."
    assert "was lost" in row.note, f"The sentence is: {row.note}"


async def test_retry(model: FakeModel) -> None:
    """Retry asks the same prompt again, in the same turn."""
    async with open_page() as page:
        await page.event("submit", prompt="/500")
        await shows(page, "the reply has failed", failed)
        first = page.reply
        await page.event("retry")
        await shows(
            page,
            "a second reply has failed",
            lambda page: page.reply != first and failed(page),
            advice=NO_PROMPT,
        )
        assert page.sent == ["/500"], (
            f'"chat:sent" came {len(page.sent)} times: Retry must leave the box as it is. '
            f"{NO_PROMPT}"
        )
    assert len(model.record) == 2, f"The model was asked {len(model.record)} times, not twice."
    first_time, second_time = (entry.messages for entry in model.record)
    assert second_time == first_time, f"The model was asked {second_time}, after {first_time}."
    assert await Turn.objects.acount() == 1, "There is a second turn."


async def test_retry_without_a_conversation(model: FakeModel) -> None:
    """On a page whose conversation is gone, Retry does nothing."""
    async with open_page(path=f"/c/{uuid4()}/") as page:
        await page.event("retry")
        await has_handled_all(page)


async def test_retry_without_a_socket(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a WebSocket nobody would see the reply: Retry does nothing."""
    async with open_page() as page:
        await page.event("submit", prompt="/500")
        await shows(page, "the reply has failed", failed)
        monkeypatch.setattr(prompt_view, "is_connected", lambda view: False)
        await page.event("retry")
        await has_handled_all(page)
        assert error_messages.NOT_CONNECTED not in page.controls, (
            "It was refused with a sentence: do nothing."
        )
    assert await Reply.objects.acount() == 1, "It has asked, though `is_connected` returned False."
