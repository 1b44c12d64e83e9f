"""A conversation over the WebSocket, and what the upstream saw of it."""

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client
from pytest_django import Settings

from chat import queries
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.replies import rows
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, seen_by
from tests.live_page import complete, open_page

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_reply_streams_and_the_prompt_box_is_cleared(slow_model: FakeModel) -> None:
    async with open_page() as page:
        # The first reply of a process waits for the SDK, while tokens gather.
        await page.event("submit", prompt="/echo first")
        await page.until(complete)
        await page.until(lambda page: "Done" in page.controls)
        before = page.texts
        # Three tokens a second, for as long as a busy machine needs to tell five of them apart.
        await page.event("submit", prompt="/slow /long 60 hello")
        await page.until(lambda page: len(page.turns) == 2)
        await page.until(lambda page: page.texts - before >= 5 or complete(page))
        assert page.status == "streaming"
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
    assert page.sent == page.prompts == ["/echo first", "/slow /long 60 hello"]


async def test_the_model_receives_the_history(model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/echo Hello.")
        await page.until(complete)
        await page.event("submit", prompt="  and now?\n")
        await page.until(lambda page: len(page.turns) == 2 and complete(page))
    assert [(message.role, message.text) for message in model.record[1].messages] == [
        ("user", "/echo Hello."),
        ("assistant", "Hello."),
        ("user", "  and now?\n"),
    ]


async def test_reasoning_grows_on_every_page_and_is_not_sent_back(slow_model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/think 30 /stall /echo The answer.")
        await page.until(lambda page: "asked" in page.reasoning)
        async with open_page(client) as other:
            await other.until(lambda page: page.texts)
            await page.until(lambda page: page.texts)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        row = await Reply.objects.aget()
        assert page.reasoning.strip() == other.reasoning.strip() == row.reasoning
        await page.event("submit", prompt="/echo next")
        await page.until(complete)
    assert [message.text for message in slow_model.record[1].messages] == [
        "/think 30 /stall /echo The answer.",
        row.text,
        "/echo next",
    ]
    assert row.text and row.text in "The answer."


@pytest.mark.parametrize("prompt", ["/long 2000", "/stall /long 20", "/silent", "/think 500"])
async def test_stop_closes_the_upstream_and_keeps_what_was_shown(
    slow_model: FakeModel, prompt: str
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        tokens = 0 if prompt in ("/silent", "/think 500") else 10
        await page.until(lambda page: page.texts or page.reasoning or prompt == "/silent")
        await seen_by(slow_model, lambda record: record and record[0].tokens >= tokens)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        await closed_by_client(slow_model)
        await page.event("submit", prompt="/echo next")
        await page.until(complete)
    assert len(slow_model.record) == 2
    stopped = await Reply.objects.aget(status="stopped")
    assert bool(stopped.text) == bool(tokens)


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", "Type a prompt"),
        (" \n", "Type a prompt"),
        ("x" * 8001, "8,000"),
        ("half an emoji: \ud83d", "not text"),
    ],
)
async def test_a_prompt_that_cannot_be_sent_is_refused_and_stays(
    model: FakeModel, prompt: str, sentence: str
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=prompt)
        await page.until(lambda page: sentence in page.controls)
    assert page.sent == []
    assert len(model.record) == 0


async def test_a_second_send_while_a_reply_streams_is_refused(slow_model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/silent one")
        await page.event("submit", prompt="two")
        await page.until(lambda page: "still being written" in page.controls)
        await seen_by(slow_model, lambda record: record[0].received)
        assert page.sent == ["/silent one"]
    assert len(slow_model.record) == 1


async def test_each_browser_sees_its_own(model: FakeModel) -> None:
    async with open_page() as mine, open_page() as other:
        await mine.event("submit", prompt="/echo secret")
        await mine.until(complete)
        other.conversation = mine.conversation
        await other.follow()
        await other.until(lambda page: page.conversation != mine.conversation)
    assert other.turns == {}


async def test_a_reply_ends_soon_after_new_chat_and_the_end_of_its_page(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0.2
    async with open_page() as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts >= 2)
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
    await closed_by_client(slow_model)


@pytest.mark.parametrize("step", ["ask", "history"])
async def test_a_database_that_cannot_be_written_is_told_and_the_prompt_stays(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def locked(*args: object, **kwargs: object) -> Reply:
        raise OperationalError("database is locked")

    async with open_page() as page:
        with monkeypatch.context() as broken:
            broken.setattr(rows if step == "ask" else queries, step, locked)
            await page.event("submit", prompt="/echo kept")
            await page.until(lambda page: "cannot reach its database" in page.controls)
        await page.event("submit", prompt="/echo kept")
        await page.until(lambda page: complete(page) and page.sent)
    assert page.sent == ["/echo kept"]
    assert len(model.record) == 1


async def test_a_row_that_the_database_refuses_is_a_fault_of_the_chat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*args: object, **kwargs: object) -> Reply:
        raise IntegrityError("NOT NULL constraint failed: chat_turn.note")

    async with open_page() as page:
        monkeypatch.setattr(rows, "ask", refused)
        await page.event("submit", prompt="/echo kept")
        await page.until(lambda page: "wrong in this chat itself" in page.controls)
    assert not page.sent


async def test_new_chat_without_a_database_is_told_and_stops_nothing(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(owner: Owner) -> Conversation:
        raise OperationalError("database is locked")

    async with open_page() as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts >= 2)
        monkeypatch.setattr(queries, "blank", locked)
        await page.event("new_chat")
        await page.until(lambda page: "cannot reach its database" in page.controls)
        texts = page.texts
        await page.until(lambda page: page.texts > texts)
        assert page.status == "streaming"


async def test_new_chat_is_empty_and_the_model_is_told_nothing_of_the_old(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/echo old")
        await page.until(complete)
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
        await page.event("submit", prompt="/echo new")
        await page.until(complete)
    assert [message.text for message in model.record[1].messages] == ["/echo new"]
    async with open_page(client) as page:
        assert page.prompts == ["/echo new"]


@pytest.mark.parametrize("event", ["submit", "retry"])
async def test_a_conversation_that_is_gone_is_told_and_new_chat_goes_on(
    model: FakeModel, event: str
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/echo old")
        await page.until(complete)
        old = page.conversation
        await Conversation.objects.all().adelete()
        await page.event(event, prompt="/echo more")
        await page.until(lambda page: "This conversation is gone" in page.controls)
        await page.event("new_chat")
        await page.until(lambda page: page.conversation != old)
        await page.event("submit", prompt="/echo new")
        await page.until(complete)
        assert page.prompts == ["/echo new"]
    assert len(model.record) == 2


async def test_a_page_that_comes_back_to_a_conversation_that_is_gone(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/echo old")
        await page.until(complete)
        gone = f"/c/{page.conversation}/"
        await Conversation.objects.all().adelete()
    async with open_page(client, gone) as page:
        await page.until(lambda page: "This conversation is gone" in page.controls)
        await page.event("new_chat")
        await page.until(lambda page: page.conversation)
        await page.event("submit", prompt="/echo new")
        await page.until(complete)
