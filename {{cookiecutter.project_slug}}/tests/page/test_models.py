"""The picker of the model: what is picked is what the upstream is asked, and nothing else is."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from chat.models import Conversation, Reply
from fake_model.record import Entry
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, seen_by
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)

OPTION = re.compile(r'<option value="([^"]*)" (selected)?')


@pytest.fixture(autouse=True)
def _two_models(settings: Settings) -> None:
    settings.CHAT_MODELS = ["small", "large"]


def asked(entry: Entry) -> str:
    """The model of a request: in its body, or with Google in its path."""
    named = (entry.body or {}).get("model")
    return str(named or entry.path.rpartition("/")[2].partition(":")[0])


async def shown(client: Client, path: str = "/") -> str | None:
    """The model that the picker of a new page shows; None where it has no picker."""
    html = (await sync_to_async(client.get)(path)).content.decode()
    selected = [name for name, mark in OPTION.findall(html) if mark]
    assert len(selected) <= 1
    return selected[0] if selected else None


async def ask(page: Page, prompt: str, model: str = "") -> None:
    """Send a prompt, with the name that the picker shows if it is given, and await the reply."""
    before = page.reply
    await page.event("submit", prompt=prompt, **({"model": model} if model else {}))
    await page.until(lambda page: page.reply != before and page.status == "complete")


async def pick(page: Page, model: str) -> None:
    """Pick another model, and wait until the page shows it."""
    page.controls = ""
    await page.event("pick_model", value=model)
    await page.until(lambda page: "'selected'" in page.controls)


async def test_the_picked_model_is_asked_and_kept(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        assert await shown(client) == "small"
        await pick(page, "large")
        await ask(page, "/echo one")
        await ask(page, "/echo two")
    assert await shown(client) == "large"
    async with open_page(client) as page:
        await ask(page, "/echo three")
        await pick(page, "small")
    # Kept, though nothing was asked of it.
    assert await shown(client) == "small"
    assert [asked(entry) for entry in model.record] == ["large"] * 3
    assert [reply.model async for reply in Reply.objects.all()] == ["large"] * 3


async def test_what_the_page_shows_is_asked_even_if_its_pick_was_lost(model: FakeModel) -> None:
    async with open_page() as page:
        await ask(page, "/echo one", "large")
        await ask(page, "/echo two")
    assert [asked(entry) for entry in model.record] == ["large", "large"]


async def test_a_model_that_is_not_listed_cannot_be_picked(model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("pick_model", value="secret")
        await page.until(lambda page: "cannot be picked" in page.controls)
        await page.event("submit", prompt="/echo one", model="secret")
        await ask(page, "/echo two")
        await page.until(lambda page: page.sent)
    assert page.sent == ["/echo two"]
    assert [asked(entry) for entry in model.record] == ["small"]
    assert (await Conversation.objects.aget()).model == ""


async def test_without_a_list_no_model_can_be_picked(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_MODELS = []
    settings.CHAT_MODEL = "only"
    client = Client()
    async with open_page(client) as page:
        assert await shown(client) is None
        await page.event("pick_model", value="large")
        await page.until(lambda page: "cannot be picked" in page.controls)
        await ask(page, "/echo one")
    assert [asked(entry) for entry in model.record] == ["only"]
    assert "only</p>" not in page.text


async def test_a_model_that_is_gone_gives_way_to_the_default_one(
    model: FakeModel, settings: Settings
) -> None:
    client = Client()
    async with open_page(client) as page:
        await ask(page, "/echo one", "large")
    settings.CHAT_MODELS = ["small", "new"]
    assert await shown(client) == "small"
    async with open_page(client) as page:
        await page.until(lambda page: "large is no longer offered" in page.controls)
        await ask(page, "/echo two")
        assert (await Conversation.objects.aget()).model == ""
        assert "large</p>" in page.turns[min(page.turns)]
    assert [asked(entry) for entry in model.record] == ["large", "small"]
    # It has been told, and the conversation has gone on.
    html = (await sync_to_async(client.get)("/")).content.decode()
    assert "large is no longer offered" not in html


async def test_a_retry_asks_the_model_that_is_picked_now(model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/500")
        await page.until(lambda page: page.status == "failed")
        await page.event("pick_model", value="large")
        await page.event("retry")
        await seen_by(model, lambda record: len(record) == 2 and record[1].ended)
    assert [asked(entry) for entry in model.record] == ["small", "large"]


async def test_the_picker_of_another_tab_follows_with_the_next_reply(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page, open_page(client) as other:
        await ask(page, "/echo one", "large")
        await other.until(lambda page: page.status == "complete")
        await ask(other, "/echo two")
        await pick(other, "small")
        # Not there yet: what this page shows is asked.
        await page.until(lambda page: len(page.turns) == 2 and page.status == "complete")
        other.controls = ""
        await ask(page, "/echo three")
        await other.until(lambda page: len(page.turns) == 3 and page.status == "complete")
        await other.until(lambda page: "'selected'" in page.controls)
        await ask(other, "/echo four")
    assert [asked(entry) for entry in model.record] == ["large"] * 4


async def test_a_new_chat_begins_with_the_model_of_the_last_one(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await ask(page, "/echo one", "large")
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
        await ask(page, "/echo two")
        assert await shown(client, "/new/") == "large"
    assert [asked(entry) for entry in model.record] == ["large", "large"]


async def test_a_conversation_without_a_pick_follows_the_default_model(
    model: FakeModel, settings: Settings
) -> None:
    client = Client()
    async with open_page(client) as page:
        await ask(page, "/echo one", "small")
    settings.CHAT_MODEL = "large"
    async with open_page(client) as page:
        await ask(page, "/echo two")
    assert [asked(entry) for entry in model.record] == ["small", "large"]


async def test_the_picker_rests_while_a_reply_streams(slow_model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/silent")
        await seen_by(slow_model, lambda record: record[0].received)
        html = (await sync_to_async(client.get)("/")).content.decode()
        assert re.search(r"<select[^>]* disabled", html)
        await page.event("stop")
        await closed_by_client(slow_model)


async def test_a_picked_model_that_the_vendor_does_not_know_is_named(model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("pick_model", value="large")
        await page.event("submit", prompt="/404")
        await page.until(lambda page: "does not know the model large" in page.controls)
    assert "correct CHAT_MODELS" in (await Reply.objects.aget()).note
