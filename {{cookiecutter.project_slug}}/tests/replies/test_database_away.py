"""While the database does not answer, text goes on, and Stop and a closed tab count at once."""

import asyncio
import time
import uuid
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from chat import queries
from chat.page import (
    conversation_list,  # conversations
    conversation_view,
    djust_internals,
)
from chat.page.chat_view import ChatView
from chat.replies import registry, rows
from fake_model.server import FakeModel
from tests import held_threads
from tests.conftest import closed_by_client
from tests.live_page import Page, open_page
from tests.waiting import SOON, limit

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "/long 2000"


def has_text(page: Page) -> bool:
    return page.texts >= 2


async def test_stop_while_a_query_of_another_page_hangs(slow_model: FakeModel) -> None:
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
        async with held_threads.shared_thread():
            # Handled one after the other, and none of them now.
            await page.event("retry")
            await page.event("stop")
            await closed_by_client(slow_model)
        await page.until(lambda page: page.status == "stopped")


@pytest.mark.parametrize("seconds", [0, 0.02])
async def test_a_stop_counts_once(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Not again for the next reply, when its turn has come."""
    monkeypatch.setattr(djust_internals, "STOP_SECONDS", seconds)
    stops: list[UUID] = []

    def stop(conversation_id: UUID) -> bool:
        stops.append(conversation_id)
        return True

    monkeypatch.setattr(registry.replies, "stop", stop)
    async with open_page() as page:
        await page.event("stop")
        await page.event("submit", prompt="")
        await page.until(lambda page: "Type a prompt" in page.controls)
        await asyncio.sleep(3 * seconds)
    assert len(stops) == 1


async def test_a_stop_waits_for_the_prompt_before_it(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_too_early = asyncio.Event()
    stop_now = djust_internals.Consumer._stop_now

    def early(consumer: djust_internals.Consumer, frame: dict[str, Any]) -> None:
        stop_now(consumer, frame)
        come_too_early.set()

    monkeypatch.setattr(djust_internals.Consumer, "_stop_now", early)
    async with open_page() as page:
        await page.event("submit", prompt="/echo first")
        await page.until(lambda page: page.status == "complete")
        async with held_threads.shared_thread(), limit("the socket stops before the prompt"):
            await page.event("submit", prompt=LONG)
            await page.event("stop")
            await come_too_early.wait()
        await page.until(lambda page: len(page.turns) == 2 and page.status == "stopped")


async def test_a_tab_that_closes_while_a_query_hangs_has_left(
    slow_model: FakeModel, settings: Settings
) -> None:
    settings.CHAT_DISCONNECT_GRACE_SECONDS = 0
    async with open_page() as page:
        await page.event("submit", prompt=LONG)
        await page.until(has_text)
        async with held_threads.shared_thread():
            await page.event("retry")
            await page.close()
            await closed_by_client(slow_model)


async def test_text_goes_on_and_stop_counts_while_a_save_hangs(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_page() as page:
        async with held_threads.calls_of(rows, "save", monkeypatch) as held:
            await page.event("submit", prompt=LONG)
            await page.until(has_text)
            assert await asyncio.to_thread(held.wait, SOON)
            texts = page.texts
            await page.until(lambda page: page.texts > texts + 2)
            await page.event("submit", prompt="")
            await page.until(lambda page: "Type a prompt" in page.controls)
            await page.event("stop")
            await closed_by_client(slow_model)
        await page.until(lambda page: page.status == "stopped")


async def test_a_query_of_one_page_holds_up_no_other(  # conversations
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        open_page() as waits,
        open_page() as other,
        held_threads.calls_of(conversation_list, "listing", monkeypatch) as held,
    ):
        await waits.event("search", value="word")
        assert await asyncio.to_thread(held.wait, SOON)
        await other.event("submit", prompt="x" * 10_001)
        await other.until(lambda page: "too long" in page.controls)


@pytest.mark.parametrize("shown", ["the same", "another"])
async def test_a_page_follows_though_its_conversation_cannot_be_read(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    """In place of another conversation, the one is shown that a prompt would go to."""

    def away(*args: object) -> None:
        raise OperationalError("away")

    async def follow(page: Page) -> None:
        await page.event("follow", conversation=str(uuid.uuid4()), turn=1)

    client = Client()
    async with open_page(client) as page:
        await page.event("submit", prompt="/echo one")
        await page.until(lambda page: page.status == "complete")
    with monkeypatch.context() as broken:
        broken.setattr(queries, "find", away)
        if shown == "another":
            broken.setattr(Page, "follow", follow)
        async with open_page(client) as page:
            await page.event("submit", prompt="/echo two")
            await page.until(lambda page: len(page.turns) == 2 and page.status == "complete")
            assert page.prompts == ["/echo one", "/echo two"]


async def test_text_goes_on_while_a_login_cannot_be_looked_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_LOGIN_REQUIRED = True
    answers: list[bool | Exception] = [OperationalError("away"), False]

    def check(*args: object) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(ChatView, "check_permissions", check)
    monkeypatch.setattr(conversation_view, "AGAIN_SECONDS", 0.01)
    view = ChatView()
    view._allowed_at = time.monotonic() - conversation_view.LOGIN_SECONDS
    async with held_threads.calls_of(ChatView, "check_permissions", monkeypatch):
        async with limit("text is pushed"):
            assert await view.is_allowed()
            view._allowed_at = -1e9
            urgent = asyncio.create_task(view.is_allowed())
            await asyncio.sleep(2 * conversation_view.PATIENCE_SECONDS)
        assert not urgent.done(), "what was true long ago does not count"
    async with limit("the answer counts"):
        assert not await urgent
