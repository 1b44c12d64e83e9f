"""The cache of replies: what it answers, and what it keeps."""

import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from django.core.cache.backends import locmem
from django.test import Client
from pytest_django import Settings

from chat.models import Reply
from chat.provider.events import Call, Finish, Reasoning, Text
from chat.provider.messages import Message, Request, Result, ToolSpec
from chat.replies import cache, rows
from chat.replies.running_reply import RunningReply
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, complete, open_page
from tests.replies.caches import Kept, keep, kept, kept_replies, leaves_alone, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_replies")]
__all__ = ["kept_replies"]


async def ask(page: Page, prompt: str) -> None:
    """Send a prompt, and await the end of its reply."""
    before = len(page.turns)
    await page.event("submit", prompt=prompt)
    await page.until(lambda page: len(page.turns) > before and complete(page))


async def test_the_same_prompt_of_another_user_needs_no_request(model: FakeModel) -> None:
    async with open_page(Client()) as page:
        await ask(page, "/think 30 /long 40 hello")
        await kept()
        assert not page.is_cached
    client = Client()
    async with open_page(client) as other:
        await ask(other, "/think 30 /long 40 hello")
        assert other.is_cached
        assert other.conversation != page.conversation
        assert other.prompts == ["/think 30 /long 40 hello"]
    assert len(model.record) == 1
    first, second = [reply async for reply in Reply.objects.order_by("pk")]
    assert (first.text, first.reasoning) == (second.text, second.reasoning)
    assert (first.is_from_cache, second.is_from_cache) == (False, True)
    assert (second.input_tokens, second.output_tokens, second.rounds) == (0, 0, 0)  # usage
    async with open_page(client) as reloaded:
        assert " data-cached" in reloaded.text
    # What came from the cache does not make it last longer.
    await replies_ended()
    assert len(Kept.kept) == 1


async def test_another_history_is_another_request(model: FakeModel) -> None:
    async with open_page() as page:
        await ask(page, "/echo same")
        await kept()
        await ask(page, "/echo same")
        await kept(2)
    async with open_page() as other:
        await ask(other, "/echo same")
        await ask(other, "/echo same")
        assert other.is_cached
    assert len(model.record) == 2


ASKED = Request([Message("user", "Hello")], "one", "Be brief.", 100)
CALL = Call("1", "clock", "{}")


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, messages=[Message("user", "hello")]),
        replace(ASKED, messages=[Message("assistant", "Hello")]),
        replace(ASKED, messages=[Message("user", "Hello"), Message("assistant", "Hi")]),
        replace(ASKED, messages=[Message("user", "Hello", (Result(CALL, "12:00"),))]),
        replace(ASKED, model="two"),
        replace(ASKED, system_prompt=""),
        replace(ASKED, max_output_tokens=101),
        replace(ASKED, tools=(ToolSpec("clock", "Tells the time.", {}),)),
        replace(ASKED, may_call=False),
    ],
    ids=lambda request: " ".join(
        name
        for name in ("messages", "model", "system_prompt", "max_output_tokens", "tools", "may_call")
        if getattr(request, name) != getattr(ASKED, name)
    ),
)
def test_whatever_differs_in_a_request_gives_another_key(other: Request) -> None:
    assert cache.key(replace(ASKED)) == cache.key(ASKED) != cache.key(other)


def test_a_key_depends_on_the_address_and_the_secret_and_is_not_clear(settings: Settings) -> None:
    before = cache.key(ASKED)
    assert "Hello" not in before and before.removeprefix("chat-reply-").isalnum()
    settings.CHAT_BASE_URL = "http://another.example/v1"
    assert cache.key(ASKED) != before
    settings.CHAT_BASE_URL = ""
    assert cache.key(ASKED) == before
    settings.SECRET_KEY = "another"
    assert cache.key(ASKED) != before


async def test_what_is_kept_names_nobody(model: FakeModel) -> None:
    running = await run("/echo said")
    await keep(running)
    [(_, value, timeout)] = Kept.kept
    assert (value, timeout) == (("", "said"), 60)


@pytest.mark.parametrize("prompt", ["/length /long 20", "/cut /long 20", "/refuse", "/drop /long"])
async def test_a_reply_that_is_not_whole_is_not_kept(model: FakeModel, prompt: str) -> None:
    await keep(await run(prompt))
    await keep(await run(prompt))
    assert Kept.kept == []
    assert len(model.record) == 2


async def test_a_reply_that_called_a_tool_is_not_kept(model: FakeModel) -> None:  # tools
    running = await run("/echo said")
    running.reply.call_count = 1
    await keep(running)
    assert Kept.kept == []
    assert leaves_alone(running)


async def test_a_reply_that_is_very_long_is_not_kept(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAXIMUM_CHARS", 3)
    await keep(await run("/echo four"))
    await keep(await run("/echo two"))
    assert [value for _, value, _ in Kept.kept] == [("", "two")]


async def test_a_reply_that_was_stopped_is_not_kept_and_its_retry_asks(
    slow_model: FakeModel,
) -> None:
    async with open_page() as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        await closed_by_client(slow_model)
        await page.event("retry")
        await seen_by(slow_model, lambda record: record[1].received)
        await page.event("stop")
        await closed_by_client(slow_model, 1)
    await replies_ended()
    assert Kept.kept == []


async def test_a_retry_is_never_answered_by_the_cache(model: FakeModel) -> None:
    await keep(await run("/echo same"))
    again = await run("/echo same")
    assert again.reply.is_from_cache
    await Reply.objects.filter(pk=again.reply.pk).aupdate(status="stopped")
    retried = RunningReply(partial(rows.ask_again, again.reply.conversation), lambda: None)
    await retried.run()
    assert (retried.reply.status, retried.reply.is_from_cache) == ("complete", False)
    assert len(model.record) == 2
    # It is kept in place of the first.
    await keep(retried)
    assert len({key for key, _, _ in Kept.kept}) == 1


async def test_stop_works_while_a_saved_reply_is_shown(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(await run("/long 400"))
    # Each tick takes as long as a busy machine needs to stop.
    monkeypatch.setattr(cache, "TICK_SECONDS", 0.2)
    async with open_page() as page:
        await page.event("submit", prompt="/long 400")
        await page.until(lambda page: page.texts)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped")
        assert page.is_cached
    reply = await Reply.objects.aget(status="stopped")
    [(_, (_, text), _)] = Kept.kept
    assert reply.text and text.startswith(reply.text) and reply.text != text
    assert reply.is_from_cache
    assert len(model.record) == 1


async def test_a_saved_reply_comes_in_pieces() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(30))
    events = [event async for event in cache._replay("why", text)]
    texts = [event.text for event in events if isinstance(event, Text)]
    assert "".join(texts) == text
    assert max(map(len, texts)) == cache.PIECE_CHARS
    assert isinstance(events[0], Reasoning)
    assert events[-1] == Finish("stop")


async def test_a_saved_reply_expires(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    await keep(await run("/echo one"))
    assert (await run("/echo one")).reply.is_from_cache
    later = SimpleNamespace(time=lambda: time.time() + 61)
    monkeypatch.setattr(locmem, "time", later)
    assert not (await run("/echo one")).reply.is_from_cache
    assert len(model.record) == 2


async def test_two_who_ask_at_once_both_get_all_of_it(model: FakeModel) -> None:
    async with open_page(Client()) as page, open_page(Client()) as other:
        await page.event("submit", prompt="/long 200")
        await other.event("submit", prompt="/long 200")
        await page.until(complete)
        await other.until(complete)
    first, second = [reply async for reply in Reply.objects.all()]
    assert first.text == second.text
    assert len(model.record) in (1, 2)
