"""Failures as the page tells them, and Retry."""

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from chat.models import Reply, Turn
from chat.provider import names
from fake_model.server import FakeModel
from tests.conftest import KEY, closed_by_client, point_at
from tests.conversation_rows import ME, be, conversation_of, said
from tests.live_page import Page, complete, open_page
from tests.ports import free_port, refusing_port

pytestmark = pytest.mark.django_db(transaction=True)

FAILURES = {
    "/401": "refused the key",
    "/404": "CHAT_MODEL",
    "/429": "in 7 seconds",
    "/500": "error of its own",
    "/overloaded": "overloaded",
    "/quota": "out of credit",
    "/context": "New chat",
    "/drop": "was lost",
    "/cut": "cut off",
    "/garbage": "could not be read",
    "/refuse": "refused to answer",
}


def failed(page: Page) -> bool:
    return page.status == "failed"


@pytest.mark.parametrize(("word", "sentence"), FAILURES.items(), ids=FAILURES.keys())
async def test_each_failure_has_its_sentence_and_retry_asks_once_more(
    model: FakeModel, word: str, sentence: str
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=f"{word} /long 40")
        await page.until(failed)
        await page.until(lambda page: sentence in page.controls)
        first = await Reply.objects.aget()
        assert sentence in first.note
        assert bool(first.text) == (word in {"/drop", "/cut", "/garbage", "/refuse"})
        await page.event("retry")
        await page.until(lambda page: page.reply != first.pk and failed(page))
    assert len(model.record) == 2
    assert model.record[0].messages == model.record[1].messages
    assert await Turn.objects.acount() == 1


async def test_a_prompt_that_is_refused_leaves_retry_where_it_is(
    model: FakeModel, client: Client
) -> None:
    conversation = await sync_to_async(conversation_of)(ME)
    fields = {"status": Reply.Status.FAILED, "note": "The model has failed."}
    await sync_to_async(said)(conversation, "/echo again", **fields)
    await sync_to_async(be)(client, ME)
    async with open_page(client) as page:
        page.controls = ""
        await page.event("submit", prompt=" ")
        await page.handled()
        assert "Type a prompt" in page.controls
        # Only what changes is sent.
        assert "'hidden'" not in page.controls
        await page.event("retry")
        await page.until(lambda page: page.status == "complete")
    assert len(model.record) == 1


async def test_without_a_key_the_variable_is_named(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_API_KEY = ""
    async with open_page() as page:
        await page.event("submit", prompt="hello")
        await page.until(lambda page: f"after {names.KEY_VARIABLE}=" in page.controls)
        settings.CHAT_API_KEY = KEY
        await page.event("retry")
        await page.until(complete)
    assert len(model.record) == 1


async def test_an_upstream_that_is_not_there_is_named_and_retried(
    model: FakeModel, settings: Settings
) -> None:
    async with open_page() as page:
        with refusing_port() as port:
            settings.CHAT_BASE_URL = nobody = f"http://127.0.0.1:{port}"
            await page.event("submit", prompt="hello")
            await page.until(lambda page: f"could not be reached at {nobody}" in page.controls)
        settings.CHAT_BASE_URL = model.base_url
        await page.event("retry")
        await page.until(complete)
    assert len(model.record) == 1


async def test_a_model_that_is_restarted_is_asked_again_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    async with open_page() as page:
        with FakeModel(port=port) as model:
            point_at(model.base_url, monkeypatch)
            await page.event("submit", prompt="/stall /echo one two three four")
            await page.until(lambda page: "two</p>" in page.text)
        await page.until(failed)
        await page.until(lambda page: "was lost" in page.controls)
        await page.event("retry")
        await page.until(lambda page: "the connection was refused" in page.controls)
        with FakeModel(port=port) as restarted:
            await page.event("retry")
            await page.until(lambda page: "two</p>" in page.text)
            await page.event("stop")
            await page.until(lambda page: page.status == "stopped")
            await closed_by_client(restarted)
    assert len(restarted.record) == 1
    assert restarted.record[0].messages == model.record[0].messages
    rows = [(reply.status, reply.text.strip()) async for reply in Reply.objects.all()]
    assert rows == [("failed", "one two"), ("failed", ""), ("stopped", "one two")]
    assert await Turn.objects.acount() == 1


async def test_silence_is_a_failure(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_IDLE_TIMEOUT_SECONDS = 0.3
    async with open_page() as page:
        await page.event("submit", prompt="/stall /long 20")
        await page.until(failed)
        await page.until(lambda page: "sent nothing for 0.3 seconds" in page.controls)
