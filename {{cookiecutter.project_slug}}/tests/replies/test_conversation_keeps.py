"""What a conversation keeps from its beginning, whatever the settings become."""

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from chat.models import Conversation
from chat.replies import rows
from fake_model.server import FakeModel
from tests.live_page import complete, open_page

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_system_prompt(model: FakeModel, settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Answer in rhymes."
    async with open_page() as page:
        await page.event("submit", prompt="/echo one")
        await page.until(complete)
        settings.CHAT_SYSTEM_PROMPT = "Answer briefly."
        await page.event("submit", prompt="/echo two")
        await page.until(lambda page: len(page.turns) == 2 and complete(page))
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
        await page.event("submit", prompt="/echo three")
        await page.until(complete)
    assert [entry.system for entry in model.record] == [
        "Answer in rhymes.",
        "Answer in rhymes.",
        "Answer briefly.",
    ]


async def test_no_system_prompt_is_kept_too(settings: Settings) -> None:
    conversation = Conversation(visitor="tests")
    reply, request = await sync_to_async(rows.ask)(conversation, "one")
    assert request.system_prompt == ""
    settings.CHAT_SYSTEM_PROMPT = "Answer briefly."
    _, request = await sync_to_async(rows.begun)(reply)
    assert request.system_prompt == ""


async def test_a_conversation_from_before_follows_the_setting(settings: Settings) -> None:
    settings.CHAT_SYSTEM_PROMPT = "Answer briefly."
    conversation = await Conversation.objects.acreate(visitor="tests")
    _, request = await sync_to_async(rows.ask)(conversation, "one")
    assert request.system_prompt == "Answer briefly."
