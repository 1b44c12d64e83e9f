"""Regenerate, Edit and paging on a page: what the upstream sees, and what every tab shows."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from chat.models import Reply, Turn
from chat.replies.registry import replies
from fake_model.record import Entry
from fake_model.server import FakeModel
from tests.conftest import closed_by_client, replies_ended, seen_by
from tests.live_page import Page, open_page

pytestmark = pytest.mark.django_db(transaction=True)


def told(entry: Entry) -> list[str]:
    """The messages of a request."""
    return [message.text for message in entry.messages]


def shown(page: Page, turn: int | None = None) -> str:
    """Which version a page shows of a turn, or of the last one: such as "2 of 3"."""
    html = page.turns[max(page.turns) if turn is None else turn]
    found = re.search(r"<span>(\d+ of \d+)</span>", html)
    return found[1] if found else ""


async def answer(page: Page, event: str, **params: str | int) -> int:
    """Send an event that begins a reply, await that one's end, and return its turn."""
    before = page.reply
    await page.event(event, **params)
    await page.until(lambda page: page.reply != before and page.status == "complete")
    return max(page.turns)


async def show(page: Page, turn: int, version: int, count: int) -> None:
    """Page to a version, and wait until the page shows it."""
    await page.event("show_version", turn=turn, version=version)
    await page.until(lambda page: shown(page, turn) == f"{version} of {count}")


async def test_regenerate_asks_the_same_again_and_keeps_the_reply(model: FakeModel) -> None:
    async with open_page() as page:
        await answer(page, "submit", prompt="/echo one")
        turn = await answer(page, "submit", prompt="/echo two")
        assert shown(page) == ""
        await answer(page, "regenerate", turn=turn)
        assert shown(page) == "2 of 2"
        await answer(page, "regenerate")
        assert shown(page) == "3 of 3"
    assert [told(entry) for entry in model.record][1:] == [["/echo one", "one", "/echo two"]] * 3
    assert await Turn.objects.acount() == 2
    assert await Reply.objects.filter(status="complete").acount() == 4


async def test_an_edited_prompt_is_asked_as_it_was_typed(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await answer(page, "submit", prompt="/echo one")
        turn = await answer(page, "submit", prompt="/echo two")
        edited = "/echo <b>three</b>\n  lines "
        await answer(page, "edit", prompt=edited, turn=turn)
        await page.until(lambda page: page.sent[-1] == edited)
        assert page.prompts == ["/echo one", "/echo &lt;b&gt;three&lt;/b&gt;\n  lines "]
        assert shown(page) == "2 of 2"
        await answer(page, "regenerate")
        prompts = page.prompts
    async with open_page(client) as page:
        assert page.prompts == prompts
    assert [told(entry) for entry in model.record][2:] == [["/echo one", "one", edited]] * 2


async def test_paging_is_seen_by_every_tab_by_a_reload_and_by_the_model(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page, open_page(client) as other:
        await answer(page, "submit", prompt="/echo one")
        first = await answer(page, "edit", prompt="/echo two")
        await answer(page, "submit", prompt="/echo three")
        await other.until(lambda page: len(page.turns) == 2 and page.status == "complete")
        await show(page, first, 1, 2)
        await other.until(lambda page: shown(page, first) == "1 of 2")
        assert page.prompts == other.prompts == ["/echo one", "/echo three"]
        async with open_page(client) as reloaded:
            assert reloaded.prompts == ["/echo one", "/echo three"]
            assert shown(reloaded, first) == "1 of 2"
        await answer(other, "submit", prompt="/echo four")
        await answer(other, "regenerate")
        last = max(other.turns)
        await show(other, last, 1, 2)
        await page.until(lambda page: len(page.turns) == 3 and shown(page) == "1 of 2")
        await show(page, first, 2, 2)
        await other.until(lambda page: page.prompts[0] == "/echo two")
    earlier = ["/echo one", "one", "/echo three", "three", "/echo four"]
    assert [told(entry) for entry in model.record][3:] == [earlier] * 2


async def test_paging_an_earlier_turn_leaves_the_controls_as_they_are(model: FakeModel) -> None:
    async with open_page() as page:
        await answer(page, "submit", prompt="/echo one")
        first = await answer(page, "regenerate")
        await page.event("submit", prompt="/drop")
        await page.until(lambda page: page.status == "failed" and "was lost" in page.controls)
        page.controls = ""
        await show(page, first, 1, 2)
        # When this one is shown, the page has done all that followed from the one before.
        await show(page, first, 2, 2)
        assert "Version 1 of 2" in page.controls
        assert "'hidden'" not in page.controls


async def test_a_page_that_comes_back_learns_what_was_paged_meanwhile(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        await answer(page, "submit", prompt="/echo one")
        first = await answer(page, "regenerate")
        await answer(page, "submit", prompt="/echo two")
        stale = page.turns[first]
        await show(page, first, 1, 2)
        page.turns[first] = stale
        await page.follow()
        await page.until(lambda page: shown(page, first) == "1 of 2")


async def test_a_version_that_was_paged_away_before_the_page_has_seen_it_is_counted(
    model: FakeModel,
) -> None:
    async with open_page() as page:
        await answer(page, "submit", prompt="/echo one")
        reply = await Reply.objects.select_related("conversation").aget()
        await Reply.objects.acreate(
            turn_id=reply.turn_id, conversation=reply.conversation, status="complete", text="two"
        )
        await Turn.objects.aupdate(shown=reply)
        replies.tell(reply.conversation_id)
        await page.until(lambda page: shown(page) == "1 of 2")


async def test_the_status_says_which_version_is_shown_until_another_reply_begins(
    slow_model: FakeModel,
) -> None:
    async with open_page() as page:
        # Long enough to be seen streaming, so that only the feed tells of the end.
        for event in ("submit", "regenerate"):
            page.controls = ""
            turn = await answer(page, event, prompt="/long 20")
            await page.until(lambda page: "Done" in page.controls)
        await show(page, turn, 1, 2)
        await page.until(lambda page: "Version 1 of 2" in page.controls)
        page.controls = ""
        await answer(page, "regenerate")
        await page.until(lambda page: "Generating" in page.controls and "Done" in page.controls)
        assert "Version" not in page.controls


async def test_a_version_that_is_stopped_stays_beside_the_one_before(
    slow_model: FakeModel,
) -> None:
    async with open_page() as page:
        turn = await answer(page, "submit", prompt="/echo one")
        whole, texts = page.reply, page.texts
        await page.event("edit", prompt="/long 2000")
        await page.until(lambda page: page.reply != whole and page.texts > texts)
        assert "one</p>" not in page.text
        await page.event("show_version", turn=turn, version=1)
        await page.event("regenerate")
        await page.event("edit", prompt="/echo three")
        await page.until(lambda page: "still being written" in page.controls)
        await page.event("submit", prompt="")
        await page.until(lambda page: "Type a prompt" in page.controls)
        await page.event("stop")
        await page.until(lambda page: page.status == "stopped" and "Stopped" in page.controls)
        await closed_by_client(slow_model, 1)
        page.controls = ""
        await show(page, turn, 1, 2)
        assert (page.reply, page.status) == (whole, "complete")
        await show(page, turn, 2, 2)
        assert page.status == "stopped"
        texts = page.texts
        await page.event("retry")
        await page.until(lambda page: shown(page) == "3 of 3" and page.texts > texts)
        await page.event("stop")
        await closed_by_client(slow_model, 2)
    assert [told(entry) for entry in slow_model.record][1:] == [["/long 2000"]] * 2


async def test_nobody_touches_the_turns_of_somebody_else(model: FakeModel) -> None:
    async with open_page(Client()) as page, open_page(Client()) as stranger:
        await answer(page, "submit", prompt="/echo one")
        turn = await answer(page, "regenerate")
        for event in ("show_version", "regenerate", "edit"):
            await stranger.event(event, turn=turn, version=1, prompt="/echo mine")
        await answer(stranger, "submit", prompt="/echo two")
        for event in ("show_version", "regenerate", "edit"):
            stranger.controls = ""
            await stranger.event(event, turn=turn, version=1, prompt="/echo mine")
            await stranger.event("submit", prompt="")
            await stranger.until(lambda page: "Type a prompt" in page.controls)
        async with open_page() as reloaded:
            assert not reloaded.turns
    assert await Reply.objects.filter(turn=turn).acount() == 2
    assert (await Turn.objects.aget(pk=turn)).shown_id is None
    assert len(model.record) == 3


async def test_an_edit_that_cannot_be_sent_changes_nothing(model: FakeModel) -> None:
    async with open_page() as page:
        first = await answer(page, "submit", prompt="/echo one")
        for prompt, message in [(" ", "Type a prompt"), ("x" * 8001, "too long")]:
            await page.event("edit", prompt=prompt, turn=first)
            await page.until(lambda page, message=message: message in page.controls)  # type: ignore[misc]
        await page.event("edit", prompt="/echo \ud800", turn=first)
        await page.until(lambda page: "not text" in page.controls)
        await answer(page, "submit", prompt="/echo two")
        await page.event("edit", prompt="/echo three", turn=first)
        await page.until(lambda page: "no longer the last" in page.controls)
    assert page.sent == ["/echo one", "/echo two"]
    assert len(model.record) == await Reply.objects.acount() == 2


async def test_a_version_has_its_own_reasoning(model: FakeModel) -> None:
    async with open_page() as page:
        turn = await answer(page, "submit", prompt="/think 30 /echo one")
        await answer(page, "edit", prompt="/echo two")
        assert 'class="reasoning"' not in page.turns[turn]
        await show(page, turn, 1, 2)
        assert 'class="reasoning"' in page.turns[turn]


async def test_a_version_has_its_own_tool_calls(model: FakeModel) -> None:  # tools
    async with open_page() as page:
        turn = await answer(page, "submit", prompt="/echo one")
        await answer(page, "edit", prompt='/tool calculate {"expression": "2 + 3"} /echo I add')
        assert "data-tool" in page.turns[turn]
        await show(page, turn, 1, 2)
        assert "data-tool" not in page.turns[turn]
        await answer(page, "submit", prompt="/echo two")
        await show(page, turn, 2, 2)
        await answer(page, "submit", prompt="/echo three")
    called = [any(message.calls for message in entry.messages) for entry in model.record]
    assert called == [False, False, True, False, True]


async def test_a_limit_refuses_a_version_and_leaves_what_is_shown(  # limits
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_REQUESTS_PER_MINUTE = 2
    async with open_page() as page:
        await answer(page, "submit", prompt="/echo one")
        turn = await answer(page, "regenerate")
        await show(page, turn, 1, 2)
        await page.event("regenerate")
        await page.until(lambda page: "At most 2 requests a minute" in page.controls)
        await page.event("edit", prompt="/echo three")
        await page.event("submit", prompt="")
        await page.until(lambda page: "Type a prompt" in page.controls)
    assert (await Turn.objects.aget()).shown_id == page.reply
    assert len(model.record) == await Reply.objects.acount() == 2


async def test_a_version_is_never_answered_by_the_cache(  # cache
    model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_CACHE_SECONDS = 60
    async with open_page() as page:
        await answer(page, "submit", prompt="/echo never from the cache")
        # By now the cache has it.
        await replies_ended()
        for _ in range(2):
            await answer(page, "regenerate")
            assert not page.is_cached
    await seen_by(model, lambda record: len(record) == 3)
